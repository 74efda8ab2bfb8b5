"""The triplet loss."""

from symbp.library.declaration import Formula, Key, Loss

EUCLID, CITY = ("norm", 2), ("norm", 1)
SWAP = ("swap", True)
APART = """
u[n,j] = a[n,j] - p[n,j] + eps
v[n,j] = a[n,j] - q[n,j] + eps
"""
OTHER = "w[n,j] = p[n,j] - q[n,j] + eps\n"
LOSS = "L = mean[n](max(0, d[n] - e[n] + margin))"
SWAPPED = "L = mean[n](max(0, d[n] - min(e[n], f[n]) + margin))"

DECLARATION = Loss(
    type="triplet_margin",
    summary="how far a sample is from being nearer, by a margin, to one like it than to one unlike it; the mean",
    source="Schroff, Kalenichenko and Philbin, FaceNet, 2015; Balntas et al. 2016 (swap); torch.nn.TripletMarginLoss",
    inputs=("a[n,j]", "p[n,j]", "q[n,j]"),
    formulas=(
        Formula(
            when=(EUCLID, SWAP),
            plain=f"""{APART}{OTHER}
d[n] = sqrt(sum[j](u[n,j]**2))
e[n] = sqrt(sum[j](v[n,j]**2))
f[n] = sqrt(sum[j](w[n,j]**2))
{SWAPPED}""",
        ),
        Formula(
            when=(EUCLID,),
            plain=f"{APART}d[n] = sqrt(sum[j](u[n,j]**2))\ne[n] = sqrt(sum[j](v[n,j]**2))\n{LOSS}",
        ),
        Formula(
            when=(CITY, SWAP),
            plain=f"""{APART}{OTHER}
d[n] = sum[j](abs(u[n,j]))
e[n] = sum[j](abs(v[n,j]))
f[n] = sum[j](abs(w[n,j]))
{SWAPPED}""",
        ),
        Formula(
            when=(CITY,),
            plain=f"{APART}d[n] = sum[j](abs(u[n,j]))\ne[n] = sum[j](abs(v[n,j]))\n{LOSS}",
        ),
        Formula(
            when=(SWAP,),
            plain=f"""{APART}{OTHER}
d[n] = sum[j](abs(u[n,j])**norm)**(1/norm)
e[n] = sum[j](abs(v[n,j])**norm)**(1/norm)
f[n] = sum[j](abs(w[n,j])**norm)**(1/norm)
{SWAPPED}""",
        ),
        Formula(
            plain=f"""{APART}
d[n] = sum[j](abs(u[n,j])**norm)**(1/norm)
e[n] = sum[j](abs(v[n,j])**norm)**(1/norm)
{LOSS}""",
        ),
    ),
    keys=(
        Key("margin", "number", 1.0, doc="by how much the unlike one is to be farther away"),
        Key("norm", "integer", 2, minimum=1, doc="of the distance: 2 is Euclid's"),
        Key("eps", "number", 1e-6, minimum=0.0, open_minimum=True, doc="added to each difference"),
        Key("swap", "boolean", False, doc="whether the distance of the two others counts where it is smaller"),
    ),
    target="none",
    score="",
    subgradient="the derivative at the margin is 0",
)

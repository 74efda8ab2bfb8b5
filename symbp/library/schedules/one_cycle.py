"""One cycle up and down."""

from symbp.library.declaration import Key, Schedule

DECLARATION = Schedule(
    type="one_cycle",
    summary="half a cosine up to lr, then one down to almost nothing",
    source="Smith and Topin, Super-convergence, 2017, in the form of PyTorch's OneCycleLR",
    formula="""
p = max(1, pct_start*K - 1)
q = max(1, K - 1 - p)
start = lr/div_factor
end = start/final_div_factor
up = start + (lr - start)*(1 - cos(pi*k/p))/2
down = end + (lr - end)*(1 + cos(pi*min(1, (k - p)/q)))/2
where(k <= p, up, down)
""",
    keys=(
        Key("pct_start", "number", 0.3, minimum=0.0, maximum=1.0, doc="the share of the steps on the way up"),
        Key("div_factor", "number", 25.0, minimum=1.0, doc="lr over the first learning rate"),
        Key("final_div_factor", "number", 10000.0, minimum=1.0, doc="the first learning rate over the last"),
    ),
)

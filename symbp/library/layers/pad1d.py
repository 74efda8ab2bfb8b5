"""A border around a sequence: of one value, or of its own values."""

from symbp.library.declaration import Formula, Key, Layer, Requirement

SHIFTED = "y[n,p,f] = x[n,p - padding_t,f]"
INSIDE = "[p >= padding_t]*[p < T + padding_t]"

MIRRORED = "an axis can be mirrored over {most} places, not over {least}"

DECLARATION = Layer(
    type="pad1d",
    summary="a border around a sequence: a value, its mirror image, its outermost values, or its other end",
    source="torch.nn.ConstantPad1d, ReflectionPad1d, ReplicationPad1d, CircularPad1d",
    inputs=("x[n,t,f]",),
    formulas=(
        Formula(plain=SHIFTED, when=(("mode", "constant"), ("value", False))),
        Formula(plain=f"{SHIFTED} + value*(1 - {INSIDE})", when=(("mode", "constant"), ("value", True))),
        Formula(
            plain="y[n,p,f] = x[n,T - 1 - abs(T - 1 - abs(p - padding_t)),f]",
            when=(("mode", "reflect"),),
        ),
        Formula(
            plain="y[n,p,f] = x[n,max(0, min(p - padding_t, T - 1)),f]",
            when=(("mode", "replicate"),),
        ),
        Formula(
            plain="y[n,p,f] = x[n,(p - padding_t) % T,f]",
            when=(("mode", "circular"),),
        ),
    ),
    extents=(("p", "T + padding_t + after_t"),),
    keys=(
        Key("padding", "padding", minimum=0, dims=("t",), doc="places around the input"),
        Key(
            "mode", "choice", "constant", choices=("constant", "reflect", "replicate", "circular"), doc="what they hold"
        ),
        Key("value", "number", 0.0, doc="the value of a constant border"),
    ),
    requires=(
        Requirement("padding", "max(padding_t, after_t)", "T - 1", MIRRORED, when=(("mode", "reflect"),)),
    ),
)

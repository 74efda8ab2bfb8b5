"""Positions as waves."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="positional_encoding",
    summary="adds sines (even columns) and cosines (odd columns) of the step, of wave lengths that grow by column",
    source="Vaswani et al., Attention is all you need, 2017",
    inputs=("x[n,t,(p c)]",),
    output="y[n,t,(p c)]",
    formulas=(
        Formula(
            plain="""phi[t,p] = t*base**(-p/P)
e[t,p,c] = where(c == 0, sin(phi[t,p]), cos(phi[t,p]))
y[n,t,p,c] = x[n,t,p,c] + e[t,p,c]"""
        ),
    ),
    extents=(("c", "2"),),
    keys=(Key("base", "number", 10000.0, minimum=1.0, doc="the base of the wave lengths"),),
)

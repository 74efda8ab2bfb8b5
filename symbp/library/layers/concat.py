"""Values side by side."""

from symbp.library.declaration import Formula, Key, Layer

DECLARATION = Layer(
    type="concat",
    summary="several inputs side by side along one axis: the channels of images, else the last axis",
    source="Szegedy et al., Going deeper with convolutions, 2014",
    inputs=("x#[n,i#,r]",),
    formulas=(Formula(plain="y[n,k,r] = {x#[n,k-({I#|+}),r]|+}"),),  # a read outside of an axis gives 0
    extents=(("k", "{I#|+}"),),
    keys=(Key("axis", "axis", None, doc="the axis along which they are joined, such as time"),),
    rest="r",
)

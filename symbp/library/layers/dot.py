"""The inner product of two values."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="dot",
    summary="the inner product of two inputs over the last axis, as an axis of size 1",
    source="Koren, Bell and Volinsky, Matrix factorization techniques for recommender systems, 2009",
    inputs=("x[n,i]", "z[n,i]"),
    formulas=(Formula(plain="y[n,j] = sum[i](x[n,i]*z[n,i])"),),
    extents=(("j", "1"),),
)

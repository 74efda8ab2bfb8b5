"""One half of the features gates the other."""

from symbp.library.declaration import Formula, Layer

DECLARATION = Layer(
    type="glu",
    summary="the first half of the features times the sigmoid of the second half; acts on the last axis",
    source="Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional networks, 2017; torch.nn.GLU",
    inputs=("x[n,(g j)]",),
    formulas=(Formula(plain="s[n,j] = sigmoid(x[n,1,j])\ny[n,j] = x[n,0,j]*s[n,j]"),),
    extents=(("g", "2"),),
)

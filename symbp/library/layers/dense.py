"""A fully connected layer."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

DECLARATION = Layer(
    type="dense",
    summary="every output is a weighted sum of all inputs, and a bias; acts on the last axis",
    source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986",
    inputs=("x[n,i]",),
    formulas=(
        Formula(plain="y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]", when=(("bias", True),)),
        Formula(plain="y[n,j] = sum[i](x[n,i]*W[i,j])"),
    ),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,j]", "glorot_uniform", doc="the weights", fan_in="I", fan_out="J"),
        Parameter("b", "[j]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the number of outputs"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
)

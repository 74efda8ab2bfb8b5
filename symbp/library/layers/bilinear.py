"""A form that is linear in each of two inputs."""

from symbp.library.declaration import Formula, Key, Layer, Parameter

DECLARATION = Layer(
    type="bilinear",
    summary="every output is a weighted sum of all products of the two inputs, and a bias; acts on the last axes",
    source="Tenenbaum and Freeman, Separating style and content with bilinear models, 2000; torch.nn.Bilinear",
    inputs=("x[n,i]", "z[n,j]"),
    formulas=(
        Formula(plain="y[n,o] = sum[i,j](x[n,i]*W[o,i,j]*z[n,j]) + b[o]", when=(("bias", True),)),
        Formula(plain="y[n,o] = sum[i,j](x[n,i]*W[o,i,j]*z[n,j])"),
    ),
    sizes=(("units", "o"),),
    parameters=(
        Parameter("W", "[o,i,j]", "glorot_uniform", doc="the weights", fan_in="I*J", fan_out="O"),
        Parameter("b", "[o]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the number of outputs"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
)

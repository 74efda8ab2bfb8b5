"""One step of a simple recurrent layer."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

DECLARATION = Layer(
    type="rnn_cell",
    summary="the state behind one step of an rnn, from the input of the step and the state before it",
    source="Elman, Finding structure in time, 1990; torch.nn.RNNCell",
    inputs=("x[n,i]", "h[n,j]"),
    formulas=(
        Formula(
            plain="""z[n,j] = sum[i](x[n,i]*W[i,j]) + sum[k](h[n,k]*U[k,j]){bias}
y[n,j] = {activated}"""
        ),
    ),
    pieces=(
        Piece("bias", " + b[j]", when=(("bias", True),)),
        Piece("activated", "max(0, z[n,j])", when=(("nonlinearity", "relu"),)),
        Piece("activated", "tanh(z[n,j])"),
    ),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,j]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="J"),
        Parameter("U", "[k,j]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[j]", "zeros", when="bias", doc="the biases"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key("nonlinearity", "choice", "tanh", choices=("tanh", "relu"), doc="the function of the step"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
    subgradient="where the activation is relu, its derivative at `z = 0` is 0",
)

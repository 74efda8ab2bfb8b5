"""A simple recurrent layer."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, State

BACKWARDS = ("backwards", True)
MASKED = ("mask", True)
GIVEN, LEARNED, CARRIED = ("state", True), ("initial", "learned"), ("initial", "carried")
FROM_ZERO = (("state", None), ("initial", "zero"))

DECLARATION = Layer(
    type="rnn",
    summary="each step reads its input and the state after the step before it",
    source="Elman, Finding structure in time, 1990; torch.nn.RNN",
    inputs=("x[n,t,i]",),
    given=(("state", "h0[n,j]"), ("mask", "mask[n,t]")),
    integer_inputs=("mask",),
    formulas=(
        Formula(
            plain="""{before}
z[n,t,j] = sum[i](x[n,t,i]*W[i,j]) + sum[k]({from_k}*U[k,j]){bias}
{cell}
{output}""",
            after="{after}",
        ),
    ),
    pieces=(
        Piece("before", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[n,j]", when=(GIVEN,)),
        Piece("before", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*last_h[n,j]", when=(CARRIED,)),
        Piece("before", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[j]", when=(LEARNED,)),
        Piece("from_k", "h[n,{earlier},k]", when=FROM_ZERO),
        Piece("from_k", "p[n,t,k]"),
        Piece("from_j", "h[n,{earlier},j]", when=FROM_ZERO),
        Piece("from_j", "p[n,t,j]"),
        Piece("earlier", "t+1", when=(BACKWARDS,)),
        Piece("earlier", "t-1"),
        Piece("first", "T-1", when=(BACKWARDS,)),
        Piece("first", "0"),
        Piece("last", "0", when=(BACKWARDS,)),
        Piece("last", "T-1"),
        Piece("bias", " + b[j]", when=(("bias", True),)),
        Piece("cell", "u[n,t,j] = {activated}\nh[n,t,j] = where(mask[n,t] > 0, u[n,t,j], {from_j})", when=(MASKED,)),
        Piece("cell", "h[n,t,j] = {activated}"),
        Piece("activated", "max(0, z[n,t,j])", when=(("nonlinearity", "relu"),)),
        Piece("activated", "tanh(z[n,t,j])"),
        Piece("output", "y[n,j] = h[n,{last},j]", when=(("output", "last"),)),
        Piece("output", "y[n,t,j] = where(mask[n,t] > 0, h[n,t,j], 0)", when=(MASKED, ("zero_masked", True))),
        Piece("output", "y[n,t,j] = h[n,t,j]"),
        Piece("after", "last_h[n,j] = h[n,{last},j]", when=(CARRIED, ("state", None))),
    ),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,j]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="J"),
        Parameter("U", "[k,j]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[j]", "zeros", when="bias", doc="the biases"),
        Parameter("h0", "[j]", "zeros", when=(LEARNED, ("state", None)), doc="the state before the first step"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key("nonlinearity", "choice", "tanh", choices=("tanh", "relu"), doc="the function of each step"),
        Key("output", "choice", "sequence", choices=("sequence", "last"), doc="every state, or the last one"),
        Key("backwards", "boolean", False, doc="from the last step to the first"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
        Key(
            "initial",
            "choice",
            "zero",
            choices=("zero", "learned", "carried"),
            doc="the state before the first step; carried: that which the training step before ended with",
        ),
        Key("state", "value", None, doc="the layer or input that gives the state before the first step"),
        Key("mask", "value", None, doc="the input that is 0 at steps that leave the state as it is"),
        Key("zero_masked", "boolean", False, doc="whether the sequence is 0 at steps that the mask leaves out"),
    ),
    state=(State("last_h", "[n,j]", 0.0, doc="the state behind the last step of the sequence before"),),
    subgradient="where the activation is relu, its derivative at `z = 0` is 0",
)

"""A gated recurrent layer.

The gates stand side by side in the order r, z, n: the letter ``a`` of the weights runs over them.  ``c_n`` is the bias
inside the product with the reset gate.
"""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, State

BACKWARDS, MASKED = ("backwards", True), ("mask", True)
LEARNED, CARRIED = ("initial", "learned"), ("initial", "carried")
FROM_ZERO = (("state", None), ("initial", "zero"))

DECLARATION = Layer(
    type="gru",
    summary="a recurrent layer that mixes the state before with a new one, as its gates say",
    source="Cho et al., Learning phrase representations using RNN encoder-decoder, 2014; torch.nn.GRU",
    inputs=("x[n,t,i]",),
    given=(("state", "h0[n,j]"), ("mask", "mask[n,t]")),
    integer_inputs=("mask",),
    formulas=(
        Formula(
            plain="""{before}
p[n,t,a,j] = sum[i](x[n,t,i]*W[i,a,j]){bias}
q[n,t,a,j] = sum[k]({h_k}*U[k,a,j])
u[n,t,j] = p[n,t,0,j] + q[n,t,0,j]
v[n,t,j] = p[n,t,1,j] + q[n,t,1,j]
r[n,t,j] = sigmoid(u[n,t,j])
z[n,t,j] = sigmoid(v[n,t,j])
{candidate}
e[n,t,j] = tanh(w[n,t,j])
{state}
{output}""",
            after="{after}",
        ),
    ),
    pieces=(
        Piece("before", "", when=FROM_ZERO),
        Piece("before", "s[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[n,j]", when=(("state", True),)),
        Piece("before", "s[n,t,j] = h[n,{earlier},j] + [t == {first}]*last_h[n,j]", when=(CARRIED,)),
        Piece("before", "s[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[j]"),
        Piece("h_k", "h[n,{earlier},k]", when=FROM_ZERO),
        Piece("h_k", "s[n,t,k]"),
        Piece("h_j", "h[n,{earlier},j]", when=FROM_ZERO),
        Piece("h_j", "s[n,t,j]"),
        Piece("earlier", "t+1", when=(BACKWARDS,)),
        Piece("earlier", "t-1"),
        Piece("first", "T-1", when=(BACKWARDS,)),
        Piece("first", "0"),
        Piece("last", "0", when=(BACKWARDS,)),
        Piece("last", "T-1"),
        Piece("bias", " + b[a,j]", when=(("bias", True),)),
        Piece(
            "candidate",
            "g[n,t,j] = q[n,t,2,j] + c_n[j]\nw[n,t,j] = p[n,t,2,j] + r[n,t,j]*g[n,t,j]",
            when=(("bias", True),),
        ),
        Piece("candidate", "w[n,t,j] = p[n,t,2,j] + r[n,t,j]*q[n,t,2,j]"),
        Piece("mixed", "(1 - z[n,t,j])*e[n,t,j] + z[n,t,j]*{h_j}"),
        Piece("state", "m[n,t,j] = {mixed}\nh[n,t,j] = where(mask[n,t] > 0, m[n,t,j], {h_j})", when=(MASKED,)),
        Piece("state", "h[n,t,j] = {mixed}"),
        Piece("output", "y[n,j] = h[n,{last},j]", when=(("output", "last"),)),
        Piece("output", "y[n,t,j] = where(mask[n,t] > 0, h[n,t,j], 0)", when=(MASKED, ("zero_masked", True))),
        Piece("output", "y[n,t,j] = h[n,t,j]"),
        Piece("after", "last_h[n,j] = h[n,{last},j]", when=(CARRIED, ("state", None))),
    ),
    extents=(("a", "3"),),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,(a j)]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="3*J"),
        Parameter("U", "[k,(a j)]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[(a j)]", "zeros", when="bias", doc="the biases"),
        Parameter("c_n", "[j]", "zeros", when="bias", doc="the bias of the state inside the reset"),
        Parameter("h0", "[j]", "zeros", when=(LEARNED, ("state", None)), doc="the state before the first step"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key("output", "choice", "sequence", choices=("sequence", "last"), doc="every state, or the last one"),
        Key("backwards", "boolean", False, doc="from the last step to the first"),
        Key("bias", "boolean", True, doc="whether biases are added"),
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
)

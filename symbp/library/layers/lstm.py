"""Long short-term memory.

The gates stand side by side in the order i, f, g, o: the letter ``a`` of the weights runs over them.
"""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece, State

BACKWARDS, MASKED, PEEPHOLE = ("backwards", True), ("mask", True), ("peephole", True)
ZERO, LEARNED, CARRIED = ("initial", "zero"), ("initial", "learned"), ("initial", "carried")
NO_STATE, NO_CELL = (("state", None), ZERO), (("cell", None), ZERO)

DECLARATION = Layer(
    type="lstm",
    summary="a recurrent layer whose cells keep what their gates let in, until their gates let it go",
    source="Hochreiter and Schmidhuber, Long short-term memory, 1997; the forget gate, and its bias of 1: Gers, "
    "Schmidhuber and Cummins, Learning to forget, 2000; peepholes: Gers and Schmidhuber, Recurrent nets that time and "
    "count, 2000; torch.nn.LSTM",
    inputs=("x[n,t,i]",),
    given=(("state", "h0[n,j]"), ("cell", "c0[n,j]"), ("mask", "mask[n,t]")),
    integer_inputs=("mask",),
    formulas=(
        Formula(
            plain="""{before}
z[n,t,a,j] = sum[i](x[n,t,i]*W[i,a,j]) + sum[k]({h_k}*U[k,a,j]){bias}
{gates}
{output}""",
            after="{after}",
        ),
    ),
    pieces=(
        Piece("before", "", when=(*NO_STATE, *NO_CELL)),
        Piece("before", "{before_h}", when=NO_CELL),
        Piece("before", "{before_c}", when=NO_STATE),
        Piece("before", "{before_h}\n{before_c}"),
        Piece("before_h", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[n,j]", when=(("state", True),)),
        Piece("before_h", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*last_h[n,j]", when=(CARRIED,)),
        Piece("before_h", "p[n,t,j] = h[n,{earlier},j] + [t == {first}]*h0[j]"),
        Piece("before_c", "q[n,t,j] = c[n,{earlier},j] + [t == {first}]*c0[n,j]", when=(("cell", True),)),
        Piece("before_c", "q[n,t,j] = c[n,{earlier},j] + [t == {first}]*last_c[n,j]", when=(CARRIED,)),
        Piece("before_c", "q[n,t,j] = c[n,{earlier},j] + [t == {first}]*c0[j]"),
        Piece("h_k", "h[n,{earlier},k]", when=NO_STATE),
        Piece("h_k", "p[n,t,k]"),
        Piece("h_j", "h[n,{earlier},j]", when=NO_STATE),
        Piece("h_j", "p[n,t,j]"),
        Piece("c_j", "c[n,{earlier},j]", when=NO_CELL),
        Piece("c_j", "q[n,t,j]"),
        Piece("earlier", "t+1", when=(BACKWARDS,)),
        Piece("earlier", "t-1"),
        Piece("first", "T-1", when=(BACKWARDS,)),
        Piece("first", "0"),
        Piece("last", "0", when=(BACKWARDS,)),
        Piece("last", "T-1"),
        Piece("bias", " + b[a,j]", when=(("bias", True),)),
        Piece(
            "gates",
            """zi[n,t,j] = z[n,t,0,j] + {c_j}*P[0,j]
zf[n,t,j] = z[n,t,1,j] + {c_j}*P[1,j]
i[n,t,j] = sigmoid(zi[n,t,j])
f[n,t,j] = sigmoid(zf[n,t,j])
g[n,t,j] = tanh(z[n,t,2,j])
{cell}
zo[n,t,j] = z[n,t,3,j] + {c_now}*P[2,j]
o[n,t,j] = sigmoid(zo[n,t,j])
{state}""",
            when=(PEEPHOLE,),
        ),
        Piece(
            "gates",
            """i[n,t,j] = sigmoid(z[n,t,0,j])
f[n,t,j] = sigmoid(z[n,t,1,j])
g[n,t,j] = tanh(z[n,t,2,j])
o[n,t,j] = sigmoid(z[n,t,3,j])
{cell}
{state}""",
        ),
        Piece("c_now", "v[n,t,j]", when=(MASKED,)),
        Piece("c_now", "c[n,t,j]"),
        Piece("cell", "{c_now} = f[n,t,j]*{c_j} + i[n,t,j]*g[n,t,j]\nu[n,t,j] = tanh({c_now})"),
        Piece(
            "state",
            """w[n,t,j] = o[n,t,j]*u[n,t,j]
c[n,t,j] = where(mask[n,t] > 0, v[n,t,j], {c_j})
h[n,t,j] = where(mask[n,t] > 0, w[n,t,j], {h_j})""",
            when=(MASKED,),
        ),
        Piece("state", "h[n,t,j] = o[n,t,j]*u[n,t,j]"),
        Piece("output", "y[n,j] = h[n,{last},j]", when=(("output", "last"),)),
        Piece("output", "y[n,j] = c[n,{last},j]", when=(("output", "cell"),)),
        Piece("output", "y[n,t,j] = where(mask[n,t] > 0, h[n,t,j], 0)", when=(MASKED, ("zero_masked", True))),
        Piece("output", "y[n,t,j] = h[n,t,j]"),
        Piece("after", "{after_h}\n{after_c}", when=(CARRIED, ("state", None), ("cell", None))),
        Piece("after", "{after_h}", when=(CARRIED, ("state", None))),
        Piece("after", "{after_c}", when=(CARRIED, ("cell", None))),
        Piece("after_h", "last_h[n,j] = h[n,{last},j]"),
        Piece("after_c", "last_c[n,j] = c[n,{last},j]"),
    ),
    extents=(("a", "4"), ("p", "3")),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,(a j)]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="4*J"),
        Parameter("U", "[k,(a j)]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[(a j)]", "ones", when="bias", doc="the biases: 1 at the forget gate", at=("a", 1)),
        Parameter("P", "[p,j]", "zeros", when=(PEEPHOLE,), doc="what the gates i, f and o see of the cell"),
        Parameter("h0", "[j]", "zeros", when=(LEARNED, ("state", None)), doc="the state before the first step"),
        Parameter("c0", "[j]", "zeros", when=(LEARNED, ("cell", None)), doc="the cell before the first step"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key(
            "output",
            "choice",
            "sequence",
            choices=("sequence", "last", "cell"),
            doc="the state of every step, of the last one, or the last cell",
        ),
        Key("backwards", "boolean", False, doc="from the last step to the first"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
        Key("peephole", "boolean", False, doc="whether the gates see the cell"),
        Key(
            "initial",
            "choice",
            "zero",
            choices=("zero", "learned", "carried"),
            doc="state and cell before the first step; carried: those that the training step before ended with",
        ),
        Key("state", "value", None, doc="the layer or input that gives the state before the first step"),
        Key("cell", "value", None, doc="the layer or input that gives the cell before the first step"),
        Key("mask", "value", None, doc="the input that is 0 at steps that leave state and cell as they are"),
        Key("zero_masked", "boolean", False, doc="whether the sequence is 0 at steps that the mask leaves out"),
    ),
    state=(
        State("last_h", "[n,j]", 0.0, doc="the state behind the last step of the sequence before"),
        State("last_c", "[n,j]", 0.0, doc="the cell behind it"),
    ),
)

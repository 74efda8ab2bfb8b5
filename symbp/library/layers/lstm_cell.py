"""One step of a long short-term memory.  State and cell stand side by side, in what it reads and in what it gives."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

DECLARATION = Layer(
    type="lstm_cell",
    summary="state and cell behind one step of an lstm, from the input of the step and state and cell before it",
    source="Hochreiter and Schmidhuber, Long short-term memory, 1997; torch.nn.LSTMCell",
    inputs=("x[n,i]", "p[n,(s j)]"),
    output="y[n,(s j)]",
    formulas=(
        Formula(
            plain="""z[n,a,j] = sum[i](x[n,i]*W[i,a,j]) + sum[k](p[n,0,k]*U[k,a,j]){bias}
i[n,j] = sigmoid(z[n,0,j])
f[n,j] = sigmoid(z[n,1,j])
g[n,j] = tanh(z[n,2,j])
o[n,j] = sigmoid(z[n,3,j])
c[n,j] = f[n,j]*p[n,1,j] + i[n,j]*g[n,j]
u[n,j] = tanh(c[n,j])
h[n,j] = o[n,j]*u[n,j]
y[n,s,j] = [s == 0]*h[n,j] + [s == 1]*c[n,j]"""
        ),
    ),
    pieces=(Piece("bias", " + b[a,j]", when=(("bias", True),)),),
    extents=(("a", "4"), ("s", "2")),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,(a j)]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="4*J"),
        Parameter("U", "[k,(a j)]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[(a j)]", "ones", when="bias", doc="the biases: 1 at the forget gate", at=("a", 1)),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key("bias", "boolean", True, doc="whether a bias is added"),
    ),
)

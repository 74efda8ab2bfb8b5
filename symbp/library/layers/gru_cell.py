"""One step of a gated recurrent layer."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

BIAS = (("bias", True),)

DECLARATION = Layer(
    type="gru_cell",
    summary="the state behind one step of a gru, from the input of the step and the state before it",
    source="Cho et al., Learning phrase representations using RNN encoder-decoder, 2014; torch.nn.GRUCell",
    inputs=("x[n,i]", "h[n,j]"),
    formulas=(
        Formula(
            plain="""p[n,a,j] = sum[i](x[n,i]*W[i,a,j]){bias}
q[n,a,j] = sum[k](h[n,k]*U[k,a,j])
u[n,j] = p[n,0,j] + q[n,0,j]
v[n,j] = p[n,1,j] + q[n,1,j]
r[n,j] = sigmoid(u[n,j])
z[n,j] = sigmoid(v[n,j])
{candidate}
e[n,j] = tanh(w[n,j])
y[n,j] = (1 - z[n,j])*e[n,j] + z[n,j]*h[n,j]"""
        ),
    ),
    pieces=(
        Piece("bias", " + b[a,j]", when=BIAS),
        Piece("candidate", "g[n,j] = q[n,2,j] + c_n[j]\nw[n,j] = p[n,2,j] + r[n,j]*g[n,j]", when=BIAS),
        Piece("candidate", "w[n,j] = p[n,2,j] + r[n,j]*q[n,2,j]"),
    ),
    extents=(("a", "3"),),
    sizes=(("units", "j"),),
    parameters=(
        Parameter("W", "[i,(a j)]", "glorot_uniform", doc="the weights of the input", fan_in="I", fan_out="3*J"),
        Parameter("U", "[k,(a j)]", "orthogonal", doc="the weights of the state"),
        Parameter("b", "[(a j)]", "zeros", when="bias", doc="the biases"),
        Parameter("c_n", "[j]", "zeros", when="bias", doc="the bias of the state inside the reset"),
    ),
    keys=(
        Key("units", "size", minimum=1, doc="the size of the state"),
        Key("bias", "boolean", True, doc="whether biases are added"),
    ),
)

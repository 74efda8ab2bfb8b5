"""Attention of one sequence to another.

Head h has the columns ``h*E`` to ``(h+1)*E`` of the weights.  The safe form takes the largest score out of each row;
keys that a mask leaves out have scores of -1e30, whose exponentials are 0.  Where it leaves out all keys, the step sees
values of 0.
"""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

GROUPED, NO_MASK = ("kv_heads", True), ("mask", None)
ALL_BIASES, NO_BIAS = ("bias", "true"), ("bias", "false")

DECLARATION = Layer(
    type="cross_attention",
    summary="every step of the first sequence reads a mean of the second, weighted by how well query and keys fit",
    source="Vaswani et al., Attention is all you need, 2017; groups of heads: Shazeer 2019, Ainslie et al. 2023",
    inputs=("x[n,t,i]", "memory[n,s,f]"),
    given=(("mask", "mask[n,s]"),),
    integer_inputs=("mask",),
    formulas=(
        Formula(
            plain="""q[n,t,{h},e] = sum[i](x[n,t,i]*Wq[i,{h},e]){bq}
k[n,s,{g},e] = sum[f](memory[n,s,f]*Wk[f,{g},e]){bk}
v[n,s,{g},e] = sum[f](memory[n,s,f]*Wv[f,{g},e]){bv}
S[n,{h},t,s] = sum[e](q[n,t,{h},e]*k[n,s,{g},e])/sqrt(E)
{weights}
o[n,t,{h},e] = sum[s](A[n,{h},t,s]*{values}[n,s,{g},e])
y[n,t,i] = sum[{h},e](o[n,t,{h},e]*Wo[{h},e,i]){bo}"""
        ),
    ),
    pieces=(
        Piece("h", "g,r", when=(GROUPED,)),
        Piece("h", "h"),
        Piece("g", "g", when=(GROUPED,)),
        Piece("g", "h"),
        Piece("heads", "g r", when=(GROUPED,)),
        Piece("heads", "h"),
        Piece("bq", " + bq[{h},e]", when=(ALL_BIASES,)),
        Piece("bk", " + bk[{g},e]", when=(ALL_BIASES,)),
        Piece("bv", " + bv[{g},e]", when=(ALL_BIASES,)),
        Piece("bo", "", when=(NO_BIAS,)),
        Piece("bo", " + bo[i]"),
        Piece("values", "v", when=(NO_MASK,)),
        Piece("values", "w"),
        Piece(
            "weights",
            "A[n,{h},t,s] = exp(S[n,{h},t,s])/sum[l](exp(S[n,{h},t,l]))",
            when=(NO_MASK,),
            safe="{softmax}",
        ),
        Piece(
            "weights",
            """M[n,s] = [mask[n,s] > 0]
w[n,s,{g},e] = M[n,s]*v[n,s,{g},e]
A[n,{h},t,s] = M[n,s]*exp(S[n,{h},t,s])/sum[l](M[n,l]*exp(S[n,{h},t,l]))""",
            safe="""M[n,s] = [mask[n,s] > 0]
w[n,s,{g},e] = M[n,s]*v[n,s,{g},e]
u[n,{h},t,s] = S[n,{h},t,s] + 1e30*(M[n,s] - 1)
{softmax}""",
        ),
        Piece(
            "softmax",
            """m[n,{h},t] = max[s]({u}[n,{h},t,s])
a[n,{h},t,s] = exp({u}[n,{h},t,s] - m[n,{h},t])
z[n,{h},t] = sum[s](a[n,{h},t,s])
A[n,{h},t,s] = a[n,{h},t,s]/z[n,{h},t]""",
        ),
        Piece("u", "S", when=(NO_MASK,)),
        Piece("u", "u"),
    ),
    sizes=(("heads", "h"), ("kv_heads", "g")),
    extents=(("e", "I/H"), ("r", "H/G")),
    parameters=(
        Parameter("Wq", "[i,({heads} e)]", "glorot_uniform", doc="the weights of the queries", fan_in="I", fan_out="I"),
        Parameter("Wk", "[f,({g} e)]", "glorot_uniform", doc="the weights of the keys", fan_in="F"),
        Parameter("Wv", "[f,({g} e)]", "glorot_uniform", doc="the weights of the values", fan_in="F"),
        Parameter("Wo", "[({heads} e),i]", "glorot_uniform", doc="the weights of the output", fan_in="I", fan_out="I"),
        Parameter("bq", "[({heads} e)]", "zeros", when=(ALL_BIASES,), doc="the biases of the queries"),
        Parameter("bk", "[({g} e)]", "zeros", when=(ALL_BIASES,), doc="the biases of the keys"),
        Parameter("bv", "[({g} e)]", "zeros", when=(ALL_BIASES,), doc="the biases of the values"),
        Parameter("bo", "[i]", "zeros", when=(ALL_BIASES,), doc="the biases of the output"),
        Parameter("bo", "[i]", "zeros", when=(("bias", "output"),), doc="the biases of the output"),
    ),
    keys=(
        Key("heads", "size", minimum=1, doc="the number of heads"),
        Key("kv_heads", "size", None, minimum=1, doc="the number of heads of keys and values, where these are fewer"),
        Key("mask", "value", None, doc="the input that is 0 at steps of the second sequence that are not read"),
        Key("bias", "choice", "true", choices=("true", "false", "output"), doc="which products have a bias"),
    ),
)

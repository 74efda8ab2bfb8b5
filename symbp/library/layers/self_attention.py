"""Attention of a sequence to itself.

Head h has the columns ``h*E`` to ``(h+1)*E`` of the weights.  The safe form takes the largest score out of each row;
entries that a mask leaves out have scores of -1e30 and less, whose exponentials are 0.  A step all of whose keys are
left out sees values of 0.
"""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

GROUPED, ROTARY, ALIBI = ("kv_heads", True), ("positions", "rotary"), ("positions", "alibi")
CAUSAL, MASKED = ("causal", True), ("mask", True)
ALL_BIASES, NO_BIAS = ("bias", "true"), ("bias", "false")

DECLARATION = Layer(
    type="self_attention",
    summary="every step of a sequence reads a mean of all steps, weighted by how well its query fits their keys",
    source="Vaswani et al., Attention is all you need, 2017; rotary positions: Su et al., RoFormer, 2021; biases by "
    "distance: Press, Smith and Lewis, Train short, test long, 2021; groups of heads: Shazeer 2019, Ainslie 2023",
    inputs=("x[n,t,i]",),
    given=(("mask", "mask[n,s]"),),
    integer_inputs=("mask",),
    formulas=(
        Formula(
            plain="""q[n,t,{h},{e}] = sum[i](x[n,t,i]*Wq[i,{h},{e}]){bq}
k[n,s,{g},{e}] = sum[i](x[n,s,i]*Wk[i,{g},{e}]){bk}
v[n,s,{g},e] = sum[i](x[n,s,i]*Wv[i,{g},e]){bv}
{turned}
{scores}
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
        Piece("e", "p,c", when=(ROTARY,)),
        Piece("e", "e"),
        Piece("heads", "g r", when=(GROUPED,)),
        Piece("heads", "h"),
        Piece("width", "p c", when=(ROTARY,)),
        Piece("width", "e"),
        Piece("bq", "", when=(NO_BIAS,)),
        Piece("bq", "", when=(("bias", "output"),)),
        Piece("bq", " + bq[{h},{e}]"),
        Piece("bk", " + bk[{g},{e}]", when=(ALL_BIASES,)),
        Piece("bv", " + bv[{g},e]", when=(ALL_BIASES,)),
        Piece("bo", "", when=(NO_BIAS,)),
        Piece("bo", " + bo[i]"),
        Piece(
            "turned",
            """phi[t,p] = t*base**(-p/P)
cs[t,p] = cos(phi[t,p])
sn[t,p] = sin(phi[t,p])
qt[n,t,{h},p,c] = q[n,t,{h},p,c]*cs[t,p] + (2*c - 1)*q[n,t,{h},p,1-c]*sn[t,p]
kt[n,s,{g},p,c] = k[n,s,{g},p,c]*cs[s,p] + (2*c - 1)*k[n,s,{g},p,1-c]*sn[s,p]""",
            when=(ROTARY,),
        ),
        Piece("scores", "S[n,{h},t,s] = sum[p,c](qt[n,t,{h},p,c]*kt[n,s,{g},p,c])/sqrt(E)", when=(ROTARY,)),
        Piece(
            "scores",
            """f[{h},t,s] = 2**(-8*{head}/{count})*abs(t - s)
D[n,{h},t,s] = sum[e](q[n,t,{h},e]*k[n,s,{g},e])/sqrt(E)
S[n,{h},t,s] = D[n,{h},t,s] - f[{h},t,s]""",
            when=(ALIBI,),
        ),
        Piece("scores", "S[n,{h},t,s] = sum[e](q[n,t,{h},e]*k[n,s,{g},e])/sqrt(E)"),
        Piece("head", "(g*R + r + 1)", when=(GROUPED,)),
        Piece("head", "(h + 1)"),
        Piece("count", "(G*R)", when=(GROUPED,)),
        Piece("count", "H"),
        Piece("values", "v", when=(("mask", None),)),
        Piece("values", "w"),
        Piece(
            "weights",
            "A[n,{h},t,s] = exp(S[n,{h},t,s])/sum[l](exp(S[n,{h},t,l]))",
            when=(("causal", False), ("mask", None)),
            safe="{softmax}",
        ),
        Piece(
            "weights",
            """M[t,s] = [s <= t]
A[n,{h},t,s] = M[t,s]*exp(S[n,{h},t,s])/sum[l](M[t,l]*exp(S[n,{h},t,l]))""",
            when=(("mask", None),),
            safe="B[t,s] = -1e30*[s > t]\nu[n,{h},t,s] = S[n,{h},t,s] + B[t,s]\n{softmax}",
        ),
        Piece(
            "weights",
            """M[n,s] = [mask[n,s] > 0]
w[n,s,{g},e] = M[n,s]*v[n,s,{g},e]
A[n,{h},t,s] = M[n,s]*exp(S[n,{h},t,s])/sum[l](M[n,l]*exp(S[n,{h},t,l]))""",
            when=(("causal", False),),
            safe="""M[n,s] = [mask[n,s] > 0]
w[n,s,{g},e] = M[n,s]*v[n,s,{g},e]
u[n,{h},t,s] = S[n,{h},t,s] + 1e30*(M[n,s] - 1)
{softmax}""",
        ),
        Piece(
            "weights",
            """w[n,s,{g},e] = [mask[n,s] > 0]*v[n,s,{g},e]
M[n,t,s] = [s <= t]*[mask[n,s] > 0]
A[n,{h},t,s] = M[n,t,s]*exp(S[n,{h},t,s])/sum[l](M[n,t,l]*exp(S[n,{h},t,l]))""",
            safe="""w[n,s,{g},e] = [mask[n,s] > 0]*v[n,s,{g},e]
B[n,t,s] = -1e30*([mask[n,s] <= 0] + 2*[s > t])
u[n,{h},t,s] = S[n,{h},t,s] + B[n,t,s]
{softmax}""",
        ),
        Piece(
            "softmax",
            """m[n,{h},t] = max[s]({u}[n,{h},t,s])
a[n,{h},t,s] = exp({u}[n,{h},t,s] - m[n,{h},t])
z[n,{h},t] = sum[s](a[n,{h},t,s])
A[n,{h},t,s] = a[n,{h},t,s]/z[n,{h},t]""",
        ),
        Piece("u", "S", when=(("causal", False), ("mask", None))),
        Piece("u", "u"),
    ),
    sizes=(("heads", "h"), ("kv_heads", "g")),
    extents=(("e", "I/H"), ("c", "2"), ("p", "I/H/2"), ("r", "H/G")),
    parameters=(
        Parameter("Wq", "[i,({heads} {width})]", "glorot_uniform", doc="the weights of the queries", fan_in="I"),
        Parameter("Wk", "[i,({g} {width})]", "glorot_uniform", doc="the weights of the keys", fan_in="I"),
        Parameter("Wv", "[i,({g} e)]", "glorot_uniform", doc="the weights of the values", fan_in="I"),
        Parameter("Wo", "[({heads} e),i]", "glorot_uniform", doc="the weights of the output", fan_out="I"),
        Parameter("bq", "[({heads} {width})]", "zeros", when=(ALL_BIASES,), doc="the biases of the queries"),
        Parameter("bk", "[({g} {width})]", "zeros", when=(ALL_BIASES,), doc="the biases of the keys"),
        Parameter("bv", "[({g} e)]", "zeros", when=(ALL_BIASES,), doc="the biases of the values"),
        Parameter("bo", "[i]", "zeros", when=(ALL_BIASES,), doc="the biases of the output"),
        Parameter("bo", "[i]", "zeros", when=(("bias", "output"),), doc="the biases of the output"),
    ),
    keys=(
        Key("heads", "size", minimum=1, doc="the number of heads"),
        Key("kv_heads", "size", None, minimum=1, doc="the number of heads of keys and values, where these are fewer"),
        Key("causal", "boolean", False, doc="whether a step reads itself and the steps before it only"),
        Key("mask", "value", None, doc="the input that is 0 at steps that no step reads"),
        Key(
            "positions",
            "choice",
            "none",
            choices=("none", "rotary", "alibi"),
            doc="how scores know the distance of two steps: by turning queries and keys, or by a bias",
        ),
        Key("base", "number", 10000.0, minimum=1.0, doc="the base of the wave lengths of rotary positions"),
        Key("bias", "choice", "true", choices=("true", "false", "output"), doc="which products have a bias"),
    ),
)

"""Attention by itself: queries, keys and values are what the layer reads."""

from symbp.library.declaration import Formula, Key, Layer, Piece

DECLARATION = Layer(
    type="attention",
    summary="a mean of the values, weighted by how well each query fits the keys; acts on the last two axes",
    source="Vaswani et al., Attention is all you need, 2017; torch.nn.functional.scaled_dot_product_attention",
    inputs=("q[n,t,e]", "k[n,s,e]", "v[n,s,f]"),
    formulas=(
        Formula(
            plain="""S[n,t,s] = sum[e](q[n,t,e]*k[n,s,e])/sqrt(E)
{weights}
y[n,t,f] = sum[s](A[n,t,s]*v[n,s,f])"""
        ),
    ),
    pieces=(
        Piece(
            "weights",
            "A[n,t,s] = exp(S[n,t,s])/sum[l](exp(S[n,t,l]))",
            when=(("causal", False),),
            safe="{softmax}",
        ),
        Piece(
            "weights",
            """M[t,s] = [s <= t]
A[n,t,s] = M[t,s]*exp(S[n,t,s])/sum[l](M[t,l]*exp(S[n,t,l]))""",
            safe="B[t,s] = -1e30*[s > t]\nu[n,t,s] = S[n,t,s] + B[t,s]\n{softmax}",
        ),
        Piece(
            "softmax",
            """m[n,t] = max[s]({u}[n,t,s])
a[n,t,s] = exp({u}[n,t,s] - m[n,t])
z[n,t] = sum[s](a[n,t,s])
A[n,t,s] = a[n,t,s]/z[n,t]""",
        ),
        Piece("u", "S", when=(("causal", False),)),
        Piece("u", "u"),
    ),
    keys=(Key("causal", "boolean", False, doc="whether a step reads itself and the steps before it only"),),
)

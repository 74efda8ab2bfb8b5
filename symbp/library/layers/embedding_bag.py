"""Rows of a table, taken together."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

# Of a maximum, what is read below the first row is left out; it is 0 where nothing else is there.
SKIPPED = "where(ids[n,b] == padding, -1, ids[n,b])"

DECLARATION = Layer(
    type="embedding_bag",
    summary="the sum, mean or maximum of the rows of a trained table that a bag of integers names",
    source="Joulin et al., Bag of tricks for efficient text classification, 2016; torch.nn.EmbeddingBag",
    inputs=("ids[n,b]",),
    integer_inputs=("ids",),
    formulas=(
        Formula(when=(("mode", "sum"),), plain="y[n,j] = sum[b]({kept}E[ids[n,b],j])"),
        Formula(when=(("mode", "mean"), ("padding", None)), plain="y[n,j] = mean[b](E[ids[n,b],j])"),
        Formula(
            when=(("mode", "mean"),),
            plain="""
c[n] = sum[b]([ids[n,b] != padding])
y[n,j] = sum[b]({kept}E[ids[n,b],j])/max(1, c[n])
""",
        ),
        Formula(when=(("padding", None),), plain="y[n,j] = max[b](E[ids[n,b],j])"),
        Formula(
            plain=f"""
c[n] = sum[b]([ids[n,b] != padding])
m[n,j] = max[b](E[{SKIPPED},j])
y[n,j] = where(c[n] > 0, m[n,j], 0)
""",
        ),
    ),
    pieces=(Piece("kept", "", when=(("padding", None),)), Piece("kept", "[ids[n,b] != padding]*")),
    sizes=(("rows", "v"), ("units", "j")),
    parameters=(Parameter("E", "[v,j]", "normal", doc="the rows", init_keys=(("std", 0.02),)),),
    keys=(
        Key("rows", "size", minimum=1, doc="the number of rows: the integers are below it"),
        Key("units", "size", minimum=1, doc="the numbers in each row"),
        Key("mode", "choice", "mean", choices=("mean", "sum", "max"), doc="what is made of the rows of a bag"),
        Key("padding", "integer", None, minimum=0, doc="an integer that does not count"),
    ),
    subgradient="of equal rows, the first has the gradient of a maximum",
)

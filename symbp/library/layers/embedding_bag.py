"""Rows of a table, put together."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

PADDED = ("padding", None)
# In a maximum, what is read in front of the first row is left out.
SKIPPED = "where(ids[n,k] == padding, -1, ids[n,k])"

DECLARATION = Layer(
    type="embedding_bag",
    summary="the sum, the mean or the largest of the rows of a trained table that a list of integers names",
    source="Joulin, Grave, Bojanowski and Mikolov, Bag of tricks for efficient text classification, 2016; "
    "torch.nn.EmbeddingBag",
    inputs=("ids[n,k]",),
    integer_inputs=("ids",),
    formulas=(
        Formula(when=(("mode", "max"), PADDED), plain="y[n,j] = max[k](E[ids[n,k],j])"),
        Formula(
            when=(("mode", "max"),),
            plain=f"""c[n] = sum[k]([ids[n,k] != padding])
m[n,j] = max[k](E[{SKIPPED},j])
y[n,j] = where(c[n] > 0, m[n,j], 0)""",
        ),
        Formula(when=(("mode", "mean"), PADDED), plain="y[n,j] = mean[k](E[ids[n,k],j])"),
        Formula(
            when=(("mode", "mean"),),
            plain="""c[n] = max(1, sum[k]([ids[n,k] != padding]))
y[n,j] = sum[k]([ids[n,k] != padding]*E[ids[n,k],j])/c[n]""",
        ),
        Formula(plain="y[n,j] = sum[k]({kept}E[ids[n,k],j])"),
    ),
    pieces=(
        Piece("kept", "", when=(PADDED,)),
        Piece("kept", "[ids[n,k] != padding]*"),
    ),
    sizes=(("rows", "v"), ("units", "j")),
    parameters=(Parameter("E", "[v,j]", "normal", doc="the rows", init_keys=(("std", 0.02),)),),
    keys=(
        Key("rows", "size", minimum=1, doc="the number of rows: the integers are below it"),
        Key("units", "size", minimum=1, doc="the length of a row"),
        Key("mode", "choice", "mean", choices=("sum", "mean", "max"), doc="how rows are put together"),
        Key("padding", "integer", None, minimum=0, doc="the integer that stands for nothing, and does not count"),
    ),
    subgradient="of equal rows, the first has the gradient of a maximum",
)

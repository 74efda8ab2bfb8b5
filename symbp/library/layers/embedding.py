"""A table of rows, looked up."""

from symbp.library.declaration import Formula, Key, Layer, Parameter, Piece

DECLARATION = Layer(
    type="embedding",
    summary="the row of a trained table for each integer",
    source="Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003; torch.nn.Embedding",
    inputs=("ids[n]",),
    integer_inputs=("ids",),
    formulas=(Formula(plain="y[n,j] = {kept}E[ids[n],j]"),),
    pieces=(Piece("kept", "", when=(("padding", None),)), Piece("kept", "[ids[n] != padding]*")),
    sizes=(("rows", "v"), ("units", "j")),
    parameters=(Parameter("E", "[v,j]", "normal", doc="the rows", init_keys=(("std", 0.02),)),),
    keys=(
        Key("rows", "size", minimum=1, doc="the number of rows: the integers are below it"),
        Key("units", "size", minimum=1, doc="the length of a row"),
        Key("padding", "integer", None, minimum=0, doc="the integer that stands for nothing: zeros, and no gradient"),
    ),
)

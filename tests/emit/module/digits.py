"""A network by hand, 64-16-10 with relu, cross-entropy and adam: the graph and the code that a module is made from."""

from __future__ import annotations

from symbp.derive.model import Derivation
from symbp.emit.model import Buffer, Code, Function, Line
from symbp.graph.model import (
    Axis,
    Graph,
    LayerRow,
    LossTerm,
    Output,
    ParameterInfo,
    ParameterInit,
    Target,
    Tensor,
    Training,
    Update,
)
from symbp.library.declaration import Loss, Optimizer, Schedule
from symbp.notation.expr import Sym

BATCH = Axis("n", Sym("N", "size"), None)
PIXEL, HIDDEN, CLASS = (
    Axis(letter, Sym(letter.upper(), "size"), size) for letter, size in zip("ijk", (64, 16, 10), strict=True)
)


def parameter(name: str, label: str, axes: tuple[Axis, ...], std: float) -> ParameterInfo:
    init = ParameterInit("he_normal", "normal", std) if std else ParameterInit("zeros", "constant", 0.0)
    return ParameterInfo(Tensor(name, axes, "parameter", label), init, len(axes) > 1)


PARAMETERS = (
    parameter("W_fc1", "fc1.W", (PIXEL, HIDDEN), 0.18),
    parameter("b_fc1", "fc1.b", (HIDDEN,), 0.0),
    parameter("W_fc2", "fc2.W", (HIDDEN, CLASS), 0.35),
    parameter("b_fc2", "fc2.b", (CLASS,), 0.0),
)
VALUES = tuple(
    Tensor(name, (BATCH, axis), "value", name)
    for name, axis in (("z_fc1", HIDDEN), ("a_fc1", HIDDEN), ("z_fc2", CLASS))
)
LOSS = Loss("cross_entropy", "", "", (), target="labels", score="accuracy", predict="argmax", probability="p")
GRAPH = Graph(
    name="digits",
    dtype="float32",
    source_name="digits.yaml",
    source_sha256="0" * 64,
    inputs=("x",),
    targets=(Target("t", "y", "t"),),
    outputs=(Output("fc2", "z_fc2", "loss"),),
    losses=(LossTerm("loss", "loss", LOSS, (("labels", "integer"),), ("z_fc2",), "t", "loss", "accuracy"),),
    tensors=(
        Tensor("x", (BATCH, PIXEL), "input", "x"),
        Tensor("t", (BATCH,), "target", "t", integer=True),
        *(info.tensor for info in PARAMETERS),
        *VALUES,
    ),
    parameters=PARAMETERS,
    nodes=(),
    training=Training(
        optimizer=Optimizer("adam", "", "", ""),
        update=Update("adam", (), (("m", 0.0), ("v", 0.0)), (("beta1", 0.9), ("beta2", 0.999), ("eps", 1e-8))),
        clips=(),
        lr=0.001,
        schedule=Schedule("constant", "", "", "lr"),
        schedule_formula=Sym("lr", "variable"),
        schedule_constants=(),
        epochs=20,
        batch_size=32,
        seed=0,
        stop_loss_below=None,
    ),
    rows=(LayerRow("fc1", "dense, relu", ("16",), 1040), LayerRow("fc2", "dense", ("10",), 170)),
)


def lines(text: str, equation: str = "") -> tuple[Line, ...]:
    """One `Line` a line of text; a number behind `#` is that of the equation."""
    found = []
    for row in text.strip("\n").split("\n"):
        code, _, number = row.partition("#")
        indent = (len(code) - len(code.lstrip())) // 4
        found.append(Line(code.strip(), number.strip() or equation, indent))
    return tuple(found)


CODE = Code(
    helpers=(
        Function(
            "softmax",
            "z: Array, out: Array",
            "None",
            "The softmax of each row of z, in out.",
            lines("np.exp(z - z.real.max(axis=1, keepdims=True), out=out)\nout /= out.sum(axis=1, keepdims=True)"),
        ),
    ),
    buffers=(
        Buffer("z_fc1", ("n", "16")),
        Buffer("relu_fc1", ("n", "16"), "bool"),
        Buffer("z_fc2", ("n", "10")),
        Buffer("probs", ("n", "10")),
        Buffer("da_fc1", ("n", "16")),
        Buffer("dx", ("n", "64")),
        Buffer("rows", ("n",), "index", "np.arange(n)"),
    ),
    forward=lines("""
z_fc1, positive, z_fc2 = ws.z_fc1, ws.relu_fc1, ws.z_fc2
np.dot(x, p.W_fc1, out=z_fc1)  # 1.1
z_fc1 += p.b_fc1
np.greater(z_fc1.real, 0.0, out=positive)  # 2.1
z_fc1 *= positive  # 2.1
np.dot(z_fc1, p.W_fc2, out=z_fc2)  # 1.1
z_fc2 += p.b_fc2  # 1.1
"""),
    outputs=("z_fc2",),
    losses=("loss",),
    loss=lines("""
n = len(x)
softmax(ws.z_fc2, ws.probs)  # 3.1
loss = -np.log(ws.probs[ws.rows, t]).sum() / n  # 3.2
"""),
    probability=lines("softmax(z_fc2, ws.probs)\nprobs = ws.probs"),
    probabilities=(("z_fc2", "probs"),),
    backward=lines("""
n = len(x)
dz_fc2, da_fc1 = ws.probs, ws.da_fc1
dz_fc2[ws.rows, t] -= 1.0  # 3.3
dz_fc2 /= n  # 3.3
np.dot(ws.z_fc1.T, dz_fc2, out=g.W_fc2)  # 1.2
np.add.reduce(dz_fc2, axis=0, out=g.b_fc2)  # 1.3
np.dot(dz_fc2, p.W_fc2.T, out=da_fc1)  # 1.4
da_fc1 *= ws.relu_fc1  # 2.2
np.dot(x.T, da_fc1, out=g.W_fc1)  # 1.2
np.add.reduce(da_fc1, axis=0, out=g.b_fc1)  # 1.3
"""),
    input_backward=(("x", lines("np.dot(ws.da_fc1, p.W_fc1.T, out=ws.dx)  # 1.4")),),
    input_gradient=(("x", "ws.dx"),),
    update=lines("""
m *= 0.9
np.multiply(grad, 1.0 - 0.9, out=s)
m += s  # 4.1
v *= 0.999
np.multiply(grad, grad, out=s)
s *= 1.0 - 0.999
v += s  # 4.2
np.sqrt(v, out=s)
s /= math.sqrt(1.0 - 0.999**k)
s += 1e-08
np.divide(m, s, out=s)
s *= lr / (1.0 - 0.9**k)
theta -= s  # 4.3
"""),
    update_buffers=(Buffer("s", ("1210",)),),
)

DERIVATION = Derivation(GRAPH, (), ())

"""Small networks, built by hand from formulas: what the reports are tested on."""

from __future__ import annotations

from fractions import Fraction

from symbp.graph.model import (
    Axis,
    Graph,
    LayerRow,
    LocalTensor,
    Node,
    ParameterInfo,
    ParameterInit,
    Tensor,
    Training,
    Unit,
    Update,
)
from symbp.library.declaration import Loss, Optimizer, Schedule
from symbp.notation.expr import Add, Call, Equation, Expr, Index, Mul, Num, Pow, Reduce, Ref, Sym, negative, quotient

N, I, J = (Sym(s, "size", True) for s in "NIJ")
n, i, j = Index("n", N), Index("i", I), Index("j", J)
TWO, HALF = Num(Fraction(2)), Num(Fraction(1, 2))


def local(name: str, indices: tuple[Index, ...], role: str) -> LocalTensor:
    return LocalTensor(name, indices, role)


def dense(bias: bool) -> Unit:
    """y[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]"""
    product: Expr = Reduce("sum", (i,), Mul((Ref("x", (n, i)), Ref("W", (i, j)))))
    rhs = Add((product, Ref("b", (j,)))) if bias else product
    equation = Equation(Ref("y", (n, j)), rhs)
    tensors = [local("x", (n, i), "input"), local("W", (i, j), "parameter")]
    tensors += [local("b", (j,), "parameter")] if bias else []
    return Unit(
        "dense" + " bias" * bias,
        "dense",
        (equation,),
        (equation,),
        (*tensors, local("y", (n, j), "value")),
        source="Rumelhart, Hinton & Williams (1986)",
    )


def sigmoid() -> Unit:
    """y[n,j] = sigmoid(z[n,j])"""
    equation = Equation(Ref("y", (n, j)), Call("sigmoid", (Ref("z", (n, j)),)))
    tensors = (local("z", (n, j), "input"), local("y", (n, j), "value"))
    return Unit("sigmoid", "sigmoid", (equation,), (equation,), tensors)


def half_squared_error() -> Unit:
    """L = 1/2 * mean[n](sum[j]((y[n,j] - t[n,j])**2))"""
    error = Pow(Add((Ref("y", (n, j)), negative(Ref("t", (n, j))))), TWO)
    equation = Equation(Ref("L"), Mul((HALF, Reduce("mean", (n,), Reduce("sum", (j,), error)))))
    tensors = (local("y", (n, j), "input"), local("t", (n, j), "data"), local("L", (), "value"))
    return Unit("half_squared_error", "half_squared_error", (equation,), (equation,), tensors, is_loss=True)


def softmax_cross_entropy() -> Unit:
    """p[n,j] = exp(y[n,j])/sum[k](exp(y[n,k])); L = -mean[n](sum[j](t[n,j]*log(p[n,j])))"""
    k = Index("k", J)
    y, t, p = Ref("y", (n, j)), Ref("t", (n, j)), Ref("p", (n, j))
    share = quotient(Call("exp", (y,)), Reduce("sum", (k,), Call("exp", (Ref("y", (n, k)),))))
    entropy = negative(Reduce("mean", (n,), Reduce("sum", (j,), Mul((t, Call("log", (p,)))))))
    equations = (Equation(p, share), Equation(Ref("L"), entropy))
    tensors = (
        local("y", (n, j), "input"),
        local("t", (n, j), "data"),
        LocalTensor("p", (n, j), "value", positive=True),
        local("L", (), "value"),
    )
    facts = ((Reduce("sum", (j,), t), Num(Fraction(1))),)
    return Unit("cross_entropy", "cross_entropy", equations, equations, tensors, facts, True, "p")


def _axis(letter: str, size: int | None) -> Axis:
    return Axis(letter, Sym(letter.upper(), "size", True), size)


def _tensor(name: str, axes: str, sizes: tuple[int | None, ...], role: str, label: str = "") -> Tensor:
    return Tensor(name, tuple(_axis(a, s) for a, s in zip(axes, sizes, strict=True)), role, label or name)


def _training() -> Training:
    lr = Sym("lr", "variable")
    w, g = Ref("w"), Ref("g")
    update = Update("sgd", (Equation(w, Add((w, negative(Mul((lr, g)))))),))
    return Training(
        Optimizer("sgd", "gradient descent", "Cauchy (1847)", "w = w - lr*g"),
        update,
        (),
        0.5,
        Schedule("constant", "the same rate at every step", "", "lr"),
        lr,
        (),
        epochs=100,
        batch_size=4,
        seed=0,
        stop_loss_below=None,
    )


def chain(name: str, widths: tuple[int, ...], *, bias: bool = False, loss: Unit | None = None) -> Graph:
    """A chain of dense layers with sigmoids; the last one has none where the loss is cross-entropy."""
    loss = loss or half_squared_error()
    tensors = [_tensor("x", "ni", (None, widths[0]), "input")]
    nodes: list[Node] = []
    parameters: list[ParameterInfo] = []
    rows: list[LayerRow] = []
    last, unit = "x", dense(bias)
    for k, (wide, units) in enumerate(zip(widths, widths[1:], strict=False), 1):
        layer = f"fc{k}"
        names = {"x": last, "W": f"W_{layer}", "y": f"z_{layer}"} | ({"b": f"b_{layer}"} if bias else {})
        nodes.append(Node(layer, layer, unit, tuple(names.items()), (("N", None), ("I", wide), ("J", units))))
        weights = _tensor(names["W"], "ij", (wide, units), "parameter", f"{layer}.W")
        made = [weights] + ([_tensor(names["b"], "j", (units,), "parameter", f"{layer}.b")] if bias else [])
        tensors += [*made, _tensor(names["y"], "nj", (None, units), "value")]
        parameters += [ParameterInfo(t, ParameterInit("glorot_uniform", "uniform", 0.5), True) for t in made]
        last = names["y"]
        if k < len(widths) - 1 or not loss.probability:
            sizes = (("N", None), ("J", units))
            nodes.append(Node(f"{layer}.sigmoid", layer, sigmoid(), (("z", last), ("y", f"a_{layer}")), sizes))
            last = f"a_{layer}"
            tensors.append(_tensor(last, "nj", (None, units), "value"))
        rows.append(LayerRow(layer, "dense, sigmoid", (str(units),), wide * units + bias * units))
    tensors += [_tensor("t", "nj", (None, widths[-1]), "target"), _tensor("L", "", (), "value")]
    binding = [(v.name, {"y": last, "t": "t", "L": "L"}.get(v.name, f"{v.name}_loss")) for v in loss.tensors]
    nodes.append(Node("loss", "loss", loss, tuple(binding), (("N", None), ("J", widths[-1]))))
    return Graph(
        name, "float64", f"{name}.yaml", "0" * 64, ("x",), "t", last, tuple(tensors), tuple(parameters), tuple(nodes),
        Loss(loss.title, "a loss", "", ()), (), "r2", _training(), tuple(rows),
    )  # fmt: skip

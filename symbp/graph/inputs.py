"""The inputs of a network: their axes and what these mean."""

from __future__ import annotations

from symbp.graph.model import Axis, RandomInfo, Tensor
from symbp.graph.network import Network
from symbp.graph.values import BATCH, INPUT_LETTERS, ROLES, Value, capital
from symbp.notation.expr import Sym
from symbp.notation.problems import did_you_mean
from symbp.spec.code_names import unusable
from symbp.spec.tree import Trail


def add_inputs(net: Network, updated: frozenset[str]) -> None:
    """Every input of the spec, with problems in `sizes`, `axes` and `input_type` reported.

    `updated` are the names that the optimiser uses.
    """
    _check_sizes(net)
    kinds = net.spec.input_type if isinstance(net.spec.input_type, dict) else {}
    for key, named in (("input_type", kinds), ("axes", net.spec.axes)):
        for name in named:
            if name not in net.spec.input:
                hint = did_you_mean(name, net.spec.input)
                net.findings.add("E301", f"there is no input {name!r}", (key, name), hint, key=True)
    for name in net.spec.input:
        reason = unusable(name) or ("the optimizer uses it" if name in updated else "")
        if reason:
            message = f"an input cannot be called {name!r}: {reason}"
            net.findings.add("E209", message, ("input", name), "choose another name", key=True)
        net.values[name] = _input(net, name)
    for name in net.spec.random:
        reason = unusable(name) or ("the optimizer uses it" if name in updated else "")
        reason = "an input has this name" if name in net.spec.input else reason
        if reason:
            message = f"a random array cannot be called {name!r}: {reason}"
            net.findings.add("E209", message, ("random", name), "choose another name", key=True)
        if name not in net.spec.input:
            net.values[name] = _drawn(net, name)


def _drawn(net: Network, name: str) -> Value:
    """An array that every training step draws."""
    drawn, trail = net.spec.random[name], ("random", name)
    axes = _axes(net, tuple(drawn.shape), (*trail, "shape"))
    if axes is None:
        return Value(name, name, None, (), trail)
    tensor = net.add_tensor(Tensor(name, axes, "random", name), trail)
    net.random.append(RandomInfo(tensor, drawn.distribution, 1.0, 0.0, drawn.still, drawn.probability))
    return Value(name, name, axes, ROLES[len(drawn.shape)], trail)


def _check_sizes(net: Network) -> None:
    for name, size in net.spec.sizes.items():
        reason = unusable(name) if size == "any" else ""
        if reason:
            net.findings.add("E209", f"a free size cannot be called {name!r}: {reason}", ("sizes", name), key=True)
        if size == "any":
            net.names.take(name, f"the size {name}")


def _input(net: Network, name: str) -> Value:
    spec = net.spec
    shape = spec.input[name]
    axes = _axes(net, tuple(shape), ("input", name))
    if axes is None:
        return Value(name, name, None, (), ("input", name))
    integer = spec.kind_of(name) == "integer"
    net.add_tensor(Tensor(name, axes, "input", name, integer), ("input", name))
    return Value(name, name, axes, _roles(net, name, len(shape)), ("input", name), integer)


def _axes(net: Network, shape: tuple[int | str, ...], trail: Trail) -> tuple[Axis, ...] | None:
    """The batch axis and one for each size; None where a size is unknown."""
    axes: list[Axis] = [BATCH]
    for position, (letter, size) in enumerate(zip(INPUT_LETTERS[len(shape)], shape, strict=True)):
        axis = _axis(net, letter, size, (*trail, position))
        if axis is None:
            return None
        axes.append(axis)
    return tuple(axes)


def _axis(net: Network, letter: str, size: int | str, trail: Trail) -> Axis | None:
    if isinstance(size, int):
        return Axis(letter, capital(letter), size)
    if size not in net.spec.sizes:
        hint = did_you_mean(size, net.spec.sizes) or f"declare it: sizes: {{{size}: any}}"
        net.findings.add("E301", f"there is no size {size!r}", trail, hint)
        return None
    known = net.spec.sizes[size]
    return (
        Axis(letter, capital(letter), known) if isinstance(known, int) else Axis(letter, Sym(size, "size", True), None)
    )


def _roles(net: Network, name: str, count: int) -> tuple[str, ...]:
    """What the axes mean, as `axes:` says or by their number."""
    given = net.spec.axes.get(name)
    usual = ROLES[count]
    if net.spec.kind_of(name) == "integer" and count + 1 in ROLES:
        usual = ROLES[count + 1][:count]  # what stands for each integer gets an axis of its own
    if given is None:
        return usual
    if len(given) != count:
        message = f"axes named: {len(given)}; `{name}` has {count} besides the batch axis"
        net.findings.add("E303", message, ("axes", name))
        return usual
    return tuple(given)

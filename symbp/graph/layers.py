"""The layers of a spec, one after the other: what each reads, its unit, its activation, its row in the table."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from symbp.graph import drawn, parameters
from symbp.graph.around import axes_around
from symbp.graph.declared import sized_letters, sources_of
from symbp.graph.divisors import check_divisors
from symbp.graph.keys import sized_by_keys
from symbp.graph.model import LayerRow, Node, Tensor
from symbp.graph.network import Network, Owned
from symbp.graph.order import in_order
from symbp.graph.parameters import Starts
from symbp.graph.parametrize import parametrized
from symbp.graph.plan import Planned, plan_of
from symbp.graph.requirements import meets
from symbp.graph.roles import output_roles
from symbp.graph.site import Site
from symbp.graph.solving import claims_of
from symbp.graph.units import Built
from symbp.graph.values import Value, axis_text
from symbp.graph.variadic import expanded, fewest, is_variadic
from symbp.graph.wiring import Wiring, fits, wire
from symbp.library.choices import parameters_of, with_given
from symbp.library.declaration import Activation, Layer, Parameter
from symbp.notation.problems import did_you_mean
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import LayerEntry


def add_layers(net: Network) -> None:
    """All layers of the spec in an order of computation; rows and parameters are in the order of the spec."""
    planned = plan_of(net)
    net.types.update((layer.site.name, layer.entry.type) for layer in planned)
    for layer in in_order(net, planned):
        name = layer.site.name
        if name not in net.values:  # else reported: a second layer of this name
            before = len(net.findings.problems)
            net.values[name] = _add_layer(net, layer)
            if layer.copied:
                net.findings.forget_copies(before)
    net.freeze({layer.site.name for layer in planned if layer.frozen})
    net.arrange([layer.site.name for layer in planned])
    net.last = net.values.get(net.last_name)


def _add_layer(net: Network, planned: Planned) -> Value:
    """The output of one layer, whose axes are None where a problem was reported."""
    site, entry = planned.site, planned.entry
    hidden = Value(site.name, "", None, (), site.trail)
    read = [net.values.get(name or "", hidden) for name in planned.reads]
    declared = net.vocabulary.declaration("layer", entry.type)
    if not isinstance(declared, Layer) or not isinstance(entry, LayerEntry) or entry.type in net.refused:
        return hidden
    entry = _with_shared(entry, planned)
    activation = _activation_of(net, entry)
    active = (*parameters_of(declared, entry.__getitem__), *(activation.parameters if activation else ()))
    net.labels.setdefault(site.name, tuple(p.name for p in active))
    _check_names(net, site, entry, [p.name for p in active])
    declared = with_given(declared, entry.__getitem__)
    if not _count_fits(net, site, read, declared) or any(v.axes is None for v in read):
        return hidden
    made = _wired(net, site, entry, expanded(declared, len(read)), read)
    return hidden if made is None else _add_nodes(net, site, entry, *made, activation)


def _wired(
    net: Network, site: Site, entry: LayerEntry, declared: Layer, read: list[Value]
) -> tuple[Wiring, list[tuple[str, Value]]] | None:
    """The unit of a layer with the axes of what it reads, and these values by their names in it."""
    trail = ("define", "layers", entry.type)
    sources = sources_of(declared)
    several = tuple(letter for letter in (declared.rest, declared.ahead) if letter)
    reads = list(zip(read, sources, strict=True))
    good = [
        fits(site, v, s.axes, net.findings, around=several, integer=s.integer, star=s.star) for v, s in reads
    ]
    around = axes_around(site, entry, declared, read[0], net.findings) if all(good) else None
    if around is None:
        return None
    given = sized_by_keys(net, site, entry, declared, [(v, around.axes(s)) for v, s in reads])
    if given is None:
        return None
    built = net.units.layer(declared, entry.__getitem__, around, trail, integers=given.integers)
    if built is None or not _output_fits(net, site, built):
        return None
    if any(len(v.axes or ()) != len(built.axes_of(s.name)) for v, s in reads if not s.star):
        shapes = " and ".join(f"{v.described} of shape {v.shape}" for v in read)
        net.findings.add("E303", f"{site} reads inputs with equal leading axes, found {shapes}", site.trail)
        return None
    claims = [claim for v, s in reads for claim in claims_of(v, built.axes_of(s.name), star=s.star)]
    wiring = wire(site, built, [*claims, *given.claims], net.findings)
    return None if wiring is None else (wiring, [(s.name, v) for v, s in reads])


def _with_shared(entry: LayerEntry, planned: Planned) -> LayerEntry:
    """The entry with whole names under `share`; a copy that shares its parameters does not start them."""
    if planned.share == entry.share:
        return entry
    given_up: dict[str, object] = {"init": {}} if planned.copied and isinstance(planned.share, str) else {}
    return entry.model_copy(update={"share": planned.share, **given_up})


# --- what a layer reads ---


def _count_fits(net: Network, site: Site, read: list[Value], declared: Layer) -> bool:
    wanted = fewest(declared)
    if len(read) == wanted or (len(read) > wanted and is_variadic(declared)):
        return True
    number = "1 input" if wanted == 1 else f"{wanted} inputs"
    number = f"at least {number}" if is_variadic(declared) else number
    hint = "inputs: [first, second]" if len(read) < wanted else ""
    net.findings.add("E303", f"{site} reads {number}, found {len(read)}", (*site.trail, "inputs"), hint)
    return False


def _output_fits(net: Network, site: Site, built: Built) -> bool:
    """Whether a layer of the user's own gives an output that can be read."""
    trail: Trail = ("define", "layers", site.type)
    letters = built.letters(built.unit.output)
    read = [built.letters(t.name) for t in built.unit.tensors if t.role == "input"]
    own = any(r != built.leading for r in read)  # what reads n alone acts on every number
    if letters[: len(built.leading)] != built.leading or (own and len(letters) == len(built.leading)):
        message = f"the output of {site.type!r} must have the letter n first, and letters of its own behind it"
        net.findings.add("E313", message, (*trail, "formula"), "y[n,j] = ...")
        return False
    return True


# --- names that an entry gives to its parameters ---


def _activation_of(net: Network, entry: LayerEntry) -> Activation | None:
    if entry.activation is None:
        return None
    found = net.vocabulary.declaration("activation", entry.activation.type)
    return found if isinstance(found, Activation) else None


def _check_names(net: Network, site: Site, entry: LayerEntry, known: list[str]) -> None:
    """`init` and `share` name parameters of the layer, and no parameter stands in both."""
    shared = set(entry.share) if isinstance(entry.share, dict) else set(known) if entry.share else set()
    maps = [("init", list(entry.init)), ("share", list(entry.share) if isinstance(entry.share, dict) else [])]
    for key, names in maps:
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
                message = f"{site} has no parameter {name!r}"
                net.findings.add("E301", message, (*site.trail, key, name), hint, key=True)
            elif key == "init" and name in shared:
                message = f"{name!r} is shared and starts as its owner's"
                net.findings.add("E308", message, (*site.trail, key, name), "remove it here", key=True)


def _starts(
    net: Network, site: Site, entry: LayerEntry, parameters_: tuple[Parameter, ...], kind: str, type_: str
) -> Starts:
    """Where the initial values of parameters are said: in the entry, else in the definition of a type of the user's."""
    definitions = net.spec.define.layers if kind == "layers" else net.spec.define.activations
    definition = definitions.get(type_)
    starts: Starts = {}
    for name in (p.name for p in parameters_):
        if name in entry.init:
            starts[name] = (entry.init[name], (*site.trail, "init", name))
        elif definition is not None:
            starts[name] = (definition.init[name], ("define", kind, type_, "init", name))
    return starts


# --- nodes ---


def _add_nodes(
    net: Network,
    site: Site,
    entry: LayerEntry,
    wiring: Wiring,
    read: list[tuple[str, Value]],
    activation: Activation | None,
) -> Value:
    """The node of the layer, that of its activation, and its row."""
    before = len(net.parameters)
    declared = net.vocabulary.declaration("layer", entry.type)
    assert isinstance(declared, Layer)
    starts = _starts(net, site, entry, declared.parameters, "layers", entry.type)
    outputs = frozenset(sized_letters(declared))
    owned = parameters.bind(net, site, wiring, entry, outputs, starts)
    owned = parametrized(net, site, entry, declared, owned)
    affine = declared.parameters and len(wiring.built.unit.plain) == 1 and entry.type not in net.spec.define.layers
    letter = "z" if affine else "y"
    value = _add_node(net, site, site.name, wiring, dict(read), owned, letter, entry.__getitem__)
    built = wiring.built
    inside, outside = built.axes_of(read[0][0]), built.axes_of(built.unit.output)
    roles = output_roles(read[0][1], inside, outside, len(built.leading))
    value = Value(site.name, value.tensor, value.axes, roles, site.trail, made_by=(site.type,))
    description = site.type
    if activation is not None:
        value = _add_activation(net, site, entry, activation, value)
        description = f"{site.type}, {activation.type}"
    new = net.parameters[before:]
    count = sum(prod(axis.size or 1 for axis in p.tensor.axes) for p in new)
    net.rows.append(LayerRow(site.name, description, tuple(axis_text(a) for a in (value.axes or ())[1:]), count))
    return value


def _add_activation(net: Network, site: Site, entry: LayerEntry, declared: Activation, value: Value) -> Value:
    axes = value.axes or ()
    built = net.units.activation(declared, len(axes) - 1, ("define", "activations", declared.type))
    hidden = Value(site.name, "", None, (), site.trail)
    if built is None:
        return hidden
    wiring = wire(site, built, claims_of(value, built.axes_of("z")), net.findings)
    if wiring is None or entry.activation is None:
        return hidden
    chosen, trail = entry.activation.__getitem__, (*site.trail, "activation")
    numbers = {key.name: Fraction(str(chosen(key.name))) for key in declared.keys if key.kind == "number"}
    meets(declared.requires, chosen, numbers, {}, trail, declared.type, net.findings)
    starts = _starts(net, site, entry, declared.parameters, "activations", declared.type)
    owned = parameters.bind(net, site, wiring, entry, frozenset(), starts)
    name = f"{site.name}.{declared.type}"
    made = _add_node(net, site, name, wiring, {"z": value}, owned, "a", chosen)
    return Value(site.name, made.tensor, made.axes, value.roles, site.trail, made_by=(*value.made_by, declared.type))


def _add_node(
    net: Network,
    site: Site,
    name: str,
    wiring: Wiring,
    read: dict[str, Value],
    owned: dict[str, Owned],
    letter: str,
    key: object,
) -> Value:
    """A node with all its values made known; its output is called by `letter` and the layer's name."""
    assert callable(key)
    unit = wiring.built.unit
    binding = [(local, value.tensor) for local, value in read.items()]
    binding += [(local, o.tensor.name) for local, o in owned.items() if o.tensor is not None]
    binding += drawn.bind(net, site, wiring, key)
    for tensor in unit.tensors:
        if tensor.role != "value":
            continue
        is_output = tensor.name == unit.output
        code = f"{letter}_{site.code}" if is_output else net.inner_name(tensor.name, site.code, unit.title)
        label = site.name if is_output else f"{site.name}.{tensor.name}"
        net.add_tensor(Tensor(code, wiring.of_value(tensor.name), "value", label), site.trail)
        binding.append((tensor.name, code))
    constants = tuple((c, float(key(c))) for c in wiring.built.constants)
    transposed = tuple(local for local, o in owned.items() if o.transposed)
    views = wiring.built.views({local: len(value.axes or ()) for local, value in read.items()})
    node = Node(name, site.name, unit, tuple(binding), wiring.numbers(), constants, transposed, views, wiring.named())
    check_divisors(site, node, net.findings)
    net.nodes.append(node)
    return Value(site.name, dict(binding)[unit.output], wiring.of_value(unit.output), (), site.trail)

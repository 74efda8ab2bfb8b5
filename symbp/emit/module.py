"""The text of a generated module: what the templates in ``templates/numpy`` are given, and the header above the body.

Everything that must be decided is decided here; the templates arrange it.  Same derivation and code, same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from symbp.derive.model import Derivation
from symbp.emit import module_core as core
from symbp.emit import module_data as data
from symbp.emit import module_parameters as parameters
from symbp.emit.blocks import outside
from symbp.emit.cache_lines import blocks_on_lines, on_lines
from symbp.emit.compiled.epochs import OneCall, in_one_call, one_call
from symbp.emit.environment import environment
from symbp.emit.layout import WIDTH, dict_text, tuple_text, wrapped
from symbp.emit.model import Code
from symbp.emit.module_blocks import Blocks, blocks_of, sharing
from symbp.emit.module_core import FunctionText
from symbp.emit.module_gradients import GradientsText, gradients_of
from symbp.emit.module_hessian import HessianText, hessian_of
from symbp.emit.module_modes import Modes, drawn_buffer, modes_of
from symbp.emit.module_several import Several, several_of
from symbp.emit.module_steps import few_samples, straight, taken, unchanged
from symbp.emit.module_words import Words, micro_batch_words, words
from symbp.emit.scalar import python_scalar
from symbp.graph.model import Graph


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants at the top, as Python text."""

    name: str
    dtype: str
    size: str
    parameters: str
    inputs: str
    input_kinds: str
    limits: str
    target: str
    output_shape: str
    metric: str
    optimizer: str
    lr: str
    epochs: int
    batch_size: int
    micro_batch_size: int  # 0: batches are whole
    micro_batch_words: tuple[str, ...]
    rows: int  # the samples of a prediction that are computed together
    seed: int
    loss_below: str
    decayed: str
    layers: str
    states: str
    differentiated: str
    trained: str
    frozen: str
    moments: str
    updated: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class Core:
    """The functions and statements that come from the mathematics."""

    compiled: bool  # whether a compiler of loops is needed
    specialised: bool  # whether that takes some functions by the types of their arguments
    in_one: OneCall | None  # where a step, and an epoch, is one call
    helpers: tuple[FunctionText, ...]
    forward: FunctionText
    loss: FunctionText
    backward: FunctionText
    input_backward: FunctionText | None
    input_gradients: str
    infer: FunctionText | None
    loss_of_prediction: FunctionText | None
    probability: FunctionText | None
    prepare: FunctionText | None
    follow: FunctionText | None
    update: FunctionText
    memory: tuple[str, ...]
    learning_rate: str
    rate_note: str  # the comment behind it: the number of its equation
    views: tuple[str, ...]
    initial_helpers: tuple[FunctionText, ...]
    initial: tuple[str, ...]
    workspace: tuple[str, ...]
    inference_workspace: tuple[str, ...]
    size_arguments: str
    sizes: str
    direct: tuple[str, ...]  # bind functions that bodies call without ``np.``
    aligned: bool  # whether functions of the module make arrays, which begin on cache lines

    @property
    def zeros(self) -> str:
        """The function that makes an array of zeros."""
        return "_zeros" if self.aligned else "np.zeros"

    @property
    def empty(self) -> str:
        """The function that makes an array which is filled at once."""
        return "_empty" if self.aligned else "np.empty"


@dataclass(frozen=True, slots=True)
class Arrays:
    """What callers pass, and what they are given."""

    one_input: bool
    integers: bool  # whether an input holds integers
    input_label: str
    target_is_input: bool
    target_place: int
    target_in_file: bool
    y_argument: str
    unchanged: tuple[str, ...]  # whether a step takes x and y as they are
    indices: bool  # whether integers are among them
    taken: str
    straight: bool  # whether the size of NumPy's buffers never matters
    few: str  # with so many samples, the size of NumPy's buffers does not matter
    labels: bool
    last_class: int
    ignored: int | None  # a label that does not count
    ignoring: bool  # whether there is one
    target_condition: str
    target_words: str
    target_sample: str
    predict: tuple[str, ...]
    proba: tuple[str, ...]
    metric_lines: tuple[str, ...]
    validation_alone: bool
    first: str
    step_type: str
    step_result: str
    losses: str
    times_share: str  # what a micro-batch found, times its share of the batch


@dataclass(frozen=True, slots=True)
class ModuleText:
    """All that the templates see, by topic."""

    constants: Constants
    core: Core
    modes: Modes
    arrays: Arrays
    words: Words
    several: Several | None
    hessian: HessianText | None
    blocks: Blocks
    gradients: GradientsText


def render(derivation: Derivation, code: Code, level: int, machine: str = "") -> str:
    """The module of a network, header and body.

    `level` (0: the simplest form) and the `machine` whose costs decided are told to the reader only.
    """
    graph = derivation.graph
    arrays = _arrays(graph, code)
    modes = modes_of(graph, code, arrays.y_argument)
    several = several_of(graph, modes.forward, modes.held)
    blocks, hessian = blocks_of(code, core.size_arguments(graph)), hessian_of(graph, code)
    own = _core(derivation, code)
    if level:
        own, blocks = _on_lines(own), blocks_on_lines(blocks)
    spoken, gradients = words(graph, level, code), gradients_of(graph, code, own.zeros)
    m = ModuleText(_constants(graph, code), own, modes, arrays, spoken, several, hessian, blocks, gradients)
    given = {"c": m.constants, "core": m.core, "modes": m.modes, "arrays": m.arrays, "words": m.words}
    template = environment("numpy").get_template("module.py.j2")
    body = template.render(**given, several=m.several, hessian=m.hessian, blocks=m.blocks, gradients=m.gradients)
    return header(graph, body, machine if level else "") + body


def header(graph: Graph, body: str, machine: str = "") -> str:
    """What the file was made from, and the sha256 of everything below the header."""
    tuned = f"# arranged by the costs of the machine {machine}\n" if machine else ""
    return (
        f"# @generated by symbp from {graph.source_name}\n"
        "# DO NOT EDIT: change the spec and generate again.\n"
        f"# spec sha256: {graph.source_sha256}\n"
        f"{tuned}"
        f"# body sha256: {hashlib.sha256(body.encode()).hexdigest()}\n"
    )


def _constants(graph: Graph, code: Code) -> Constants:
    training = graph.training
    shapes = [(info.tensor.label, tuple_text([str(s) for s in parameters.shape_of(info)])) for info in graph.parameters]
    rows = [
        tuple_text([f'"{row.name}"', f'"{row.description}"', f'"{_shape(row.shape)}"', str(row.parameters)])
        for row in graph.rows
    ]
    real = [graph.tensor(name) for name in graph.inputs if not graph.tensor(name).integer]
    return Constants(
        name=graph.name,
        dtype=graph.dtype,
        size=f"{parameters.total(graph):_}",
        parameters=dict_text(shapes, WIDTH - len("PARAMETERS: dict[str, tuple[int, ...]] = ")),
        inputs=data.inputs(graph),
        input_kinds=data.input_kinds(graph),
        limits=data.limits(graph),
        target=data.target_text(graph, graph.targets[0]) if graph.plain else "",
        output_shape=tuple_text(data.shape_texts(graph.tensor(graph.outputs[0].tensor).axes[1:])),
        metric=graph.losses[0].metric,
        optimizer=training.update.title,
        lr=parameters.number(training.lr),
        epochs=training.epochs,
        batch_size=training.batch_size,
        micro_batch_size=code.micro_batch_size,
        micro_batch_words=micro_batch_words(code),
        rows=code.rows,
        seed=training.seed,
        loss_below="None" if training.stop_loss_below is None else parameters.number(training.stop_loss_below),
        decayed=parameters.decayed(graph) if training.update.decayed else "",
        layers=tuple_text(rows, 0),
        states=core.states(graph, code),
        differentiated=tuple_text([f'"{tensor.label}"' for tensor in real]),
        trained=f"{parameters.trained(graph):_}",
        frozen=tuple_text([f'"{p.tensor.label}"' for p in graph.parameters if p.frozen]) if graph.frozen else "",
        moments="TRAINED" if graph.frozen else "SIZE",
        updated="self._theta[:TRAINED], self._grad[:TRAINED]" if graph.frozen else "self._theta, self._grad",
        stopped=data.stopped(graph),
    )


def _shape(sizes: tuple[str, ...]) -> str:
    return " x ".join(sizes)


def _on_lines(made: Core) -> Core:
    """The same module with arrays that begin on cache lines."""
    memory, workspace, other = map(on_lines, (made.memory, made.workspace, made.inference_workspace))
    return replace(made, memory=memory, workspace=workspace, inference_workspace=other, aligned=True)


def _core(derivation: Derivation, code: Code) -> Core:
    graph = derivation.graph
    helpers = tuple(core.function_text(function) for function in code.helpers)
    initial = tuple(core.function_text(function) for function in parameters.initial_functions(graph))
    training = graph.training
    names = {"k": "k", "K": "total", "lr": "lr"}
    names |= {name: parameters.number(value) for name, value in training.schedule_constants}
    given, note = dict(code.input_gradient), f"  # ({derivation.rate_number})"
    views, memory = parameters.views(graph, code), core.memory(graph, code)
    made = core.workspace(graph, code, _drawn(graph, code), "Workspace", sharing(code, "Workspace"))
    return Core(
        compiled=code.compiled,
        specialised=any(function.instead_of for function in code.helpers),
        in_one=one_call(views, made, memory) if in_one_call(graph, code) else None,
        helpers=helpers,
        forward=core.forward(graph, code),
        loss=core.loss(graph, code),
        backward=core.backward(graph, code),
        input_backward=core.input_backward(graph, code),
        input_gradients=tuple_text([given[name] for name, _ in code.input_backward]),
        infer=core.infer(graph, code),
        loss_of_prediction=core.loss_of_prediction(graph, code),
        probability=core.probability(code),
        prepare=core.prepare(code),
        follow=core.follow(graph, code),
        update=core.update(graph, code),
        memory=memory,
        learning_rate=wrapped(python_scalar(training.schedule_formula, names), len(note)),
        rate_note=note,
        views=views,
        initial_helpers=initial,
        initial=parameters.initial_lines(graph, code),
        workspace=made,
        inference_workspace=_inference_workspace(graph, code),
        size_arguments=core.size_arguments(graph),
        sizes=core.sizes(graph),
        direct=core.direct_names(code),
        aligned=False,
    )


def _drawn(graph: Graph, code: Code) -> tuple[str, ...]:
    """The statements that make the random arrays; blocks have theirs."""
    return tuple(drawn_buffer(info) for info in graph.random if outside(info.tensor.label, code.copies))


def _inference_workspace(graph: Graph, code: Code) -> tuple[str, ...]:
    if code.inference is None:
        return ()
    kind = "InferenceWorkspace"
    return core.workspace(graph, code.inference, (), kind, sharing(code, kind))


def _arrays(graph: Graph, code: Code) -> Arrays:
    if not graph.plain:
        return _by_name(graph, code)
    target, output = graph.targets[0], graph.outputs[0]
    target_is_input = target.tensor in graph.inputs
    kind = data.TARGET_KINDS[data.target_kind(graph, target)]
    return Arrays(
        one_input=len(graph.inputs) == 1,
        integers=any(graph.tensor(name).integer for name in graph.inputs),
        input_label=graph.tensor(graph.inputs[0]).label,
        target_is_input=target_is_input,
        target_place=graph.inputs.index(target.tensor) if target_is_input else 0,
        target_in_file=not target_is_input,
        y_argument="y: Any = None" if target_is_input else "y: Any",
        unchanged=unchanged(graph, code),
        indices=any("INDEX" in line for line in unchanged(graph, code)),
        taken=taken(graph, code),
        few=few_samples(graph, code),
        straight=straight(code) or in_one_call(graph, code),
        labels=data.target_kind(graph, target) == "labels",
        last_class=data.classes(graph, target) - 1,
        ignored=data.ignored(graph, target),
        ignoring=data.ignored(graph, target) is not None,
        target_condition=kind.condition,
        target_words=kind.words,
        target_sample=kind.sample,
        predict=data.prediction(graph, output).lines,
        proba=data.probabilities(graph, output).lines,
        metric_lines=data.scoring(graph, graph.losses[0]).lines,
        validation_alone=target_is_input,
        first="",
        step_type="float",
        step_result="float(loss)",
        losses="The loss",
        times_share="share * found",
    )


def _by_name(graph: Graph, code: Code) -> Arrays:
    """Of a network that is not plain: what the templates in ``several/`` share with the others."""
    own = [t for t in graph.targets if t.tensor not in graph.inputs]
    return Arrays(
        one_input=len(graph.inputs) == 1,
        integers=any(graph.tensor(name).integer for name in graph.inputs),
        input_label=graph.tensor(graph.inputs[0]).label,
        target_is_input=False,
        target_place=0,
        target_in_file=bool(own),
        y_argument="y: Any" if own else "y: Any = None",
        unchanged=(),
        indices=False,
        taken=taken(graph, code),
        few=few_samples(graph, code),
        straight=straight(code),
        labels=False,
        last_class=0,
        ignored=None,
        ignoring=False,
        target_condition="",
        target_words="",
        target_sample="",
        predict=(),
        proba=(),
        metric_lines=(),
        validation_alone=not own,
        first="[0]",
        step_type="tuple[float, ...]",
        step_result="tuple(map(float, losses))",
        losses="The losses" if len(graph.losses) > 1 else "The loss",
        times_share="np.multiply(share, found)",
    )

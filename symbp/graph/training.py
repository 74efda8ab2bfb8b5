"""How the network is trained: update equations, clips, the schedule."""

from __future__ import annotations

from symbp.graph.findings import Findings
from symbp.graph.model import Training, Update
from symbp.library import registry
from symbp.library.declaration import Clip, Key, Optimizer, Schedule
from symbp.notation.elaborate import elaborate
from symbp.notation.expr import Equation
from symbp.notation.problems import FormulaErrors, did_you_mean
from symbp.notation.scalar import scalar
from symbp.notation.source import FormulaSource, TensorSource
from symbp.spec.model import Spec
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Entry, OptimizerEntry, Vocabulary


def training(spec: Spec, vocabulary: Vocabulary, findings: Findings) -> Training | None:
    """Everything under `train:`; None where an optimiser of the spec's own has problems."""
    train = spec.train
    entry = train.optimizer
    _check_typical(spec, findings)
    declared = vocabulary.declaration("optimizer", entry.type)
    if not isinstance(declared, Optimizer) or not isinstance(entry, OptimizerEntry):
        return None
    update = _update(declared, entry, findings)
    if update is None:
        return None
    schedule, keys = _schedule(entry, vocabulary)
    constants = tuple((k.name, float(keys[k.name])) for k in schedule.keys if isinstance(keys[k.name], int | float))
    formula = scalar(schedule.formula, constants=tuple(n for n, _ in constants), variables=("k", "K", "lr"))
    return Training(
        declared,
        update,
        tuple(_clip(c, float(entry[c.type])) for c in registry.clips().values() if entry[c.type] is not None),
        float(entry["lr"]),
        schedule,
        formula,
        constants,
        train.epochs,
        train.batch_size,
        train.seed,
        None if train.stop is None else train.stop.loss_below,
        train.deterministic,
        tuple(sorted(train.typical_sizes.items())),
        _micro_batch(train.micro_batch_size),
    )


def _check_typical(spec: Spec, findings: Findings) -> None:
    """Report typical sizes of what no call fixes."""
    for name in spec.train.typical_sizes:
        size = spec.sizes.get(name)
        if size == "any":
            continue
        message = f"there is no size {name!r}" if size is None else f"the size {name!r} is always {size}"
        free = [known for known, value in spec.sizes.items() if value == "any"]
        hint = did_you_mean(name, free) or "name a size that is `any`"
        findings.add("E301", message, ("train", "typical_sizes", name), hint, key=True)


def _micro_batch(size: int | str) -> int | None:
    """The samples of a micro-batch as `Training` has them."""
    return size if isinstance(size, int) else {"auto": None, "off": 0}[size]


def names_of(course: Training | None) -> frozenset[str]:
    """The names that the update equations use: no input may have one."""
    if course is None:
        return frozenset()
    updates = (*course.clips, course.update)
    states = {name for update in updates for name, _ in update.state}
    return frozenset(states.union(e.name for update in updates for e in (*update.decayed, *update.equations)))


def check_optimizer(declared: Optimizer, findings: Findings) -> None:
    """Report what is wrong with the equations of an optimiser that no spec uses."""
    _equations(declared, declared.equations, findings)


def _update(declared: Optimizer, entry: Entry, findings: Findings) -> Update | None:
    equations = _equations(declared, declared.equations, findings)
    decayed = _equations(declared, declared.decayed, findings) if declared.decayed else ()
    if equations is None or decayed is None:
        return None
    constants = tuple((k.name, float(entry[k.name])) for k in _constant_keys(declared))
    return Update(declared.type, equations, declared.state, constants, decayed)


def _constant_keys(declared: Optimizer) -> list[Key]:
    return [k for k in declared.keys if k.kind in ("number", "integer") and k.name != "lr"]


def _equations(declared: Optimizer, text: str, findings: Findings) -> tuple[Equation, ...] | None:
    keys = _constant_keys(declared)
    positive = {k.name for k in keys if k.minimum is not None and (k.minimum > 0 or k.open_minimum)}
    state = [TensorSource(name, (), "data") for name, _ in declared.state]
    source = FormulaSource(
        text,
        (TensorSource("w", (), "data"), TensorSource("g", (), "data"), *state),
        tuple(k.name for k in keys),
        frozenset(positive | {"lr", "k"}),
        variables=("lr", "k"),
        leading=(),
        reassign=True,
    )
    trail: Trail = ("define", "optimizers", declared.type, "formula")
    try:
        done = elaborate(source).equations
    except FormulaErrors as error:
        findings.add_formula(error, trail)
        return None
    if not any(e.name == "w" for e in done):
        findings.add("F137", "no line gives `w` a new value", trail, "the last line is w = w - ...")
        return None
    return done


def _clip(declared: Clip, strength: float) -> Update:
    source = FormulaSource(
        declared.equations, (TensorSource("g", ("i",), "data"),), ("c",), frozenset("c"), leading=(), reassign=True
    )
    return Update(declared.type, elaborate(source).equations, constants=(("c", strength),))


def _schedule(entry: OptimizerEntry, vocabulary: Vocabulary) -> tuple[Schedule, dict[str, float]]:
    """The schedule with the values of its keys."""
    if entry.schedule is None:
        return registry.schedules()["constant"], {}
    declared = vocabulary.declaration("schedule", entry.schedule.type)
    assert isinstance(declared, Schedule)
    return declared, {k.name: entry.schedule[k.name] for k in declared.keys}

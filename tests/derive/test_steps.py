"""Every recorded step is true: both sides have the same value wherever the forward equations and the facts hold."""

import numpy as np
import pytest

from symbp.derive.network import closed_forms
from symbp.notation.expr import Compare, Equation, Ref, free_indices, tensors, walk

from .cases import CASES
from .entries import entries, entry_point
from .harness import derived, evaluator, form_evaluator, point, setup, value_gradient

SLOW = "conv2d_sizes_differ"  # its sums run over every place at once; its steps are those of conv2d
STEPS_OF = [name for name in CASES if name != SLOW]
FORMS = [*STEPS_OF, *(f"{key}, {form}" for key in entries() for form in ("plain", "safe"))]


def subject(name):
    """(closed form, name of the output, points) of a case, or of a form of a library entry."""
    if name in CASES:
        last = min(2, len(CASES[name].runs))
        first = last - 1 if "conv" in name else 0  # one run of a convolution is enough
        return derived(name), setup(name).output, [point(name, run) for run in range(first, last)]
    key, form = name.rsplit(", ", 1)
    unit = entries()[key].unit
    return closed_forms(unit)[form == "safe"], unit.output, [entry_point(key)]


def with_meanings(form, output, at):
    """An evaluator that also knows the adjoints that are not kept in the closed form."""
    program = form_evaluator(form, output, at)
    forward = {e.name for e in form.forward}
    names = {t for s in form.steps for t in tensors(s.before) | tensors(s.after)}
    for unknown in sorted(names - set(program.equations) - set(program.data)):
        value = output if unknown == f"d{output}_all" else unknown[1:]  # an output that it reads itself, at other steps
        assert unknown[0] == "d" and value in forward, f"{unknown} has no meaning to a reader"
        program.data = {**program.data, unknown: value_gradient(form, output, at, value)}
    return program


def both_sides(program, step):
    free = sorted(free_indices(step.before) | free_indices(step.after), key=lambda i: (i.name, repr(i.size)))
    sides = []
    for k, e in enumerate((step.before, step.after)):
        program.equations[f"side {k}"] = Equation(Ref(f"side {k}", tuple(free)), e)
        sides.append(program.array(f"side {k}"))
    return sides


@pytest.mark.parametrize("name", FORMS)
def test_steps_hold_on_both_sides(name):
    form, output, points = subject(name)
    assert form.steps or not form.adjoints or name.startswith("activation identity"), "no step was recorded"
    for at in points:
        program = with_meanings(form, output, at)
        for k, step in enumerate(form.steps):
            program.kept = {key: v for key, v in program.kept.items() if not key[0].startswith("side")}
            sides = both_sides(program, step)
            np.testing.assert_allclose(*sides, rtol=1e-9, atol=1e-11, err_msg=f"step {k}, {step.rule} of {step.target}")


@pytest.mark.parametrize("name", FORMS)
def test_steps_lead_to_the_closed_forms(name):
    """The last step of an adjoint ends in what is printed."""
    form = subject(name)[0]
    last = {step.target: step.after for step in form.steps}
    for equation in form.adjoints:
        assert last.get(equation.name, equation.rhs) == equation.rhs, equation.name


@pytest.mark.parametrize("name", FORMS)
def test_steps_of_one_adjoint_follow_from_each_other(name):
    """What a step starts from is what the step before it ended in."""
    ends = {}
    for step in subject(name)[0].steps:
        if step.target in ends:
            assert step.before == ends[step.target], f"{step.rule} of {step.target}"
        ends[step.target] = step.after


@pytest.mark.parametrize("name", FORMS)
def test_every_rule_has_a_name(name):
    assert all(step.rule.strip() for step in subject(name)[0].steps)


@pytest.mark.parametrize("name", CASES)
def test_kept_adjoints_are_gradients_too(name):
    """Each kept adjoint is the gradient of the value that it is named after, by a nudge of that value."""
    form = derived(name)
    forward = {e.name for e in form.forward}
    kept = [e.name for e in form.adjoints if e.name[1:] in forward]
    at = point(name, 0)
    program = evaluator(name, at)
    for adjoint in kept:
        expected = value_gradient(form, setup(name).output, at, adjoint[1:])
        np.testing.assert_allclose(program.array(adjoint), expected, rtol=1e-9, atol=1e-11, err_msg=adjoint)


def deltas(e):
    """The equality brackets of an expression, each as often as it stands there."""
    return sum(isinstance(n, Compare) and n.op == "==" for n in walk(e))


@pytest.mark.parametrize("name", FORMS)
def test_deltas_are_contracted_where_one_disappears_and_nowhere_else(name):
    """A step that only collects terms, or joins two branches, is named by that."""
    for step in subject(name)[0].steps:
        fewer = deltas(step.before) > deltas(step.after)
        if step.rule == "contract deltas":
            assert fewer, f"{step.target}: no delta is gone"
        elif step.rule in ("collect terms", "join the branches"):
            assert not fewer, f"{step.target}: a delta is gone"


RULES = [
    ("activation gelu, plain", "dz", "collect terms"),
    ("activation elu, plain", "dz", "join the branches"),
    ("activation celu, safe", "dz", "fold by branch"),
    ("activation selu, plain", "dz", "join the branches"),
    ("loss nll labels=integer, ignore_index=None, plain", "dy", "contract deltas"),
    ("layer dense bias=True, plain", "dW", "contract deltas"),
]


@pytest.mark.parametrize(("name", "target", "rule"), RULES)
def test_a_step_is_named_by_what_it_does(name, target, rule):
    assert rule in [s.rule for s in subject(name)[0].steps if s.target == target]


@pytest.mark.parametrize("name", FORMS)
def test_every_adjoint_in_a_step_is_given_or_has_steps_of_its_own(name):
    form, output, _ = subject(name)
    known = {s.target for s in form.steps} | {e.name for e in form.adjoints} | {f"d{output}"}
    values = {f"d{e.name}" for e in form.forward}
    for step in form.steps:
        read = (tensors(step.before) | tensors(step.after)) & values
        assert read <= known, f"{sorted(read - known)} in {step.rule} of {step.target}"


@pytest.mark.parametrize("name", [name for name in FORMS if name.startswith("loss ")])
def test_the_gradient_of_a_loss_by_itself_is_left_out(name):
    form, output, _ = subject(name)
    assert all(f"d{output}" not in tensors(s.after) for s in form.steps)


@pytest.mark.parametrize("key", entries())
def test_a_name_means_one_thing_in_both_forms(key):
    """A value that both forms have under one name has the same indices in both, so that it has one number."""
    plain, safe = closed_forms(entries()[key].unit)
    own = {e.name: len(e.lhs.at) for e in plain.forward}
    assert all(own.get(e.name, len(e.lhs.at)) == len(e.lhs.at) for e in safe.forward)

"""The gradient check passes what is right and refuses what is wrong, on modules written by hand."""

import pytest

from symbp.errors import VerificationError
from symbp.verify.check import verify
from symbp.verify.model import FAILED, WEAK, Verdict

from .handwritten import chain

SMALL = chain((6, 5, 4), "tanh")


def failed(verdict: Verdict) -> set[str]:
    return {row.subject for row in verdict.failures}


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("widths", [(1, 1), (3, 1, 2), (64, 32, 10), (4, *[8] * 12, 3)])
def test_a_right_module_passes(widths: tuple[int, ...], activation: str) -> None:
    verdict = verify(chain(widths, activation))
    assert verdict.passed, verdict.table()
    assert all(row.error < 1e-11 for row in verdict.rows if row.method == "complex step")


WRONG = {
    "dropped term": ("dz[rows, t] -= 1", "pass"),
    "wrong sign": ("dz[rows, t] -= 1", "dz[rows, t] += 1"),
    "factor 1 + 1e-8": ("a.T @ dz", "a.T @ dz * (1 + 1e-8)"),
    "factor 1 + 1e-8 in a bias": ("dz.sum(axis=0)", "dz.sum(axis=0) * (1 + 1e-8)"),
    "not divided by n": ("dz /= n", "pass"),
    "sum over one sample too few": ("dz.sum(axis=0)", "dz[:max(n - 1, 1)].sum(axis=0)"),
    "slope of another function": ("(1 - a**2)", "a * (1 - a)"),
    "slope at the wrong layer": ("dz * (1 - a**2)", "dz * (1 - np.roll(a, 1, axis=1)**2)"),
    "loss alone scaled": ("- z[rows, t]).mean()", "- z[rows, t]).mean() * 1.0000001"),
    "one entry": ("    return loss, grad, dz", '    g["fc1.W"][2, 3] *= 1.01\n    return loss, grad, dz'),
    "gradient not a number": ("dz /= n", "dz /= n; dz[0, 0] = np.nan"),
    "imaginary part dropped": ("kept.append(z if", "z = z.real + 0 * z\n        kept.append(z if"),
    "input gradient": ('dz = dz @ p[f"fc{k}.W"].T', 'dz = dz @ p[f"fc{k}.W"].T * (2 if k == 1 else 1)'),
    "input gradient of another shape": ("x, y)[2]}", "x, y)[2].T}"),
    "no input gradient": ('{"x": core(np.asarray(theta), x, y)[2]}', "{}"),
    "raises": ("dz /= n", "raise RuntimeError('broken')"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_refused(name: str) -> None:
    old, new = WRONG[name]
    assert old in SMALL
    verdict = verify(SMALL.replace(old, new))
    assert not verdict.passed, verdict.table()


def test_the_failing_tensor_is_named() -> None:
    wrong = SMALL.replace('g[f"fc{k}.W"][...] = a.T @ dz', 'g[f"fc{k}.W"][...] = a.T @ dz * (1 + 1e-8 * (k == 2))')
    assert failed(verify(wrong)) == {"fc2.W"}


def test_a_wrong_layer_of_many_is_found_by_halving() -> None:
    deep = chain((4, *[6] * 50, 3), "tanh")
    assert verify(deep).passed
    wrong = deep.replace('g[f"fc{k}.W"][...] = a.T @ dz', 'g[f"fc{k}.W"][...] = a.T @ dz * (1 + 1e-8 * (k == 37))')
    assert failed(verify(wrong)) == {"all 103 tensors", "fc37.W"}


def test_all_layers_wrong_names_a_few() -> None:
    deep = chain((4, *[6] * 50, 3), "tanh")
    rows = verify(deep.replace("a.T @ dz", "a.T @ dz * 2")).failures
    assert 2 < len(rows) < 30


@pytest.mark.parametrize("depth", [12, 60])
def test_a_vanishing_gradient_is_checked_on_its_own_scale(depth: int) -> None:
    """The first layers of a deep sigmoid net: far below the largest gradient, and 1 + 1e-8 is still seen."""
    deep = chain((4, *[3] * depth, 3), "sigmoid")
    right, wrong = 'g[f"fc{k}.b"][...] = dz.sum(axis=0)', " * (1 + 1e-8 * (k == 2))"
    assert deep.count(right) == 1
    assert verify(deep).passed
    assert "fc2.b" in failed(verify(deep.replace(right, right + wrong)))


UNUSED = SMALL.replace("PARAMETERS = {", "PARAMETERS = {'idle': (3,), ").replace(
    "p, grad = unpack(theta), np.empty_like(theta)", "p, grad = unpack(theta), np.zeros_like(theta)"
)


def test_a_parameter_without_effect_is_weak() -> None:
    verdict = verify(UNUSED)
    assert verdict.passed
    assert {row.verdict for row in verdict.rows if row.subject == "idle"} == {WEAK}
    assert "weak" in verdict.summary()


def test_a_gradient_that_should_be_zero_is_refused() -> None:
    wrong = UNUSED.replace("    return loss, grad, dz", "    g['idle'][...] = 1e-3\n    return loss, grad, dz")
    assert failed(verify(wrong)) == {"idle"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "does not import: SyntaxError"),
        ("raise ValueError('no')", "does not import: ValueError: no"),
        ("raise SystemExit", "does not import: SystemExit"),
        ("PARAMETERS = {}", "does not define INPUTS, INPUT_KINDS, TARGET, Network, loss_and_grad"),
    ],
)
def test_what_is_no_module_is_an_error(text: str, message: str) -> None:
    with pytest.raises(VerificationError, match=message.replace("(", r"\(")):
        verify(text)


def test_the_table_and_the_json_say_the_same() -> None:
    verdict = verify(SMALL.replace("dz /= n", "pass"))
    plain = verdict.to_json()
    assert plain["passed"] is False
    rows = plain["rows"]
    assert isinstance(rows, list)
    assert len(verdict.table().splitlines()) == len(rows) + 3
    for line, row in zip(verdict.table().splitlines()[2:-1], rows, strict=True):
        assert row["subject"] in line and row["method"] in line and (FAILED in line) == (row["verdict"] == FAILED)

"""Several outputs, losses and targets, and none: what calls take and give by name."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symbp import compiler
from symbp.compiler import compile_spec, generate
from symbp.errors import VerificationError
from symbp.spec.load import loads

from .generated import imported

MANY = """
symbp: 1
name: many
input: {x: [6], z: [4]}
outputs: [kind, box, yes, code]
layers:
  - {type: bilinear, name: stem, inputs: [x, z], units: 8, activation: tanh}
  - {type: dense, name: kind, inputs: stem, units: 3}
  - {type: dense, name: box, inputs: stem, units: 4}
  - {type: dense, name: yes, inputs: stem, units: 1}
  - {type: dense, name: code, inputs: stem, units: 4, activation: tanh}
loss:
  - {type: cross_entropy, inputs: kind, weight: 0.5}
  - {type: mse, inputs: box, l2: 0.01}
  - {type: binary_cross_entropy, inputs: yes, name: sure, weight: 2}
  - {type: mse, inputs: code, target: z, name: again}
train: {optimizer: {type: adam, lr: 0.01}, epochs: 5, batch_size: 16, seed: 0}
"""
# A loss that compares nothing, one output, the input as the target of the other loss: y is left out.
ALONE = """
symbp: 1
name: alone
dtype: float64
input: {x: [5]}
define:
  losses:
    small: {input: "y[n,j]", target: none, formula: "L = mean[n,j](y[n,j]**2)"}
layers:
  - {type: dense, name: code, units: 3, activation: tanh}
  - {type: dense, name: back, units: 5}
loss:
  - {type: mse, target: x}
  - {type: small, name: small, inputs: code, weight: 0.1}
train: {optimizer: {type: sgd, lr: 0.1}, epochs: 5, batch_size: 10, seed: 0}
"""
LEVELS = (0, 1)
COUNT = 50


@cache
def text(source: str, level: int) -> str:
    return compile_spec(loads(source, "several.yaml"), level).module


@cache
def made(source: str, level: int = 1) -> ModuleType:
    return imported(f"several_{len(source)}_{level}", text(source, level))


def data(count: int = COUNT) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    x = {"x": rng.normal(size=(count, 6)), "z": np.tanh(rng.normal(size=(count, 4)))}
    kind = np.argmax(x["x"][:, :3], axis=1)
    return x, {"kind": kind, "box": x["x"][:, :4] + x["z"], "sure": (x["z"].sum(axis=1) > 0).astype(float)}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("source", [MANY, ALONE], ids=["many", "alone"])
def test_it_is_verified(source: str, level: int) -> None:
    assert generate(loads(source, "several.yaml"), level)[1].passed


@pytest.mark.parametrize("level", LEVELS)
def test_predictions_are_by_output(level: int) -> None:
    module, (x, y) = made(MANY, level), data()
    net = module.Network()
    net.fit(x, y, epochs=60, verbose=False)
    found = net.predict(x)
    assert list(found) == list(module.OUTPUTS) == ["kind", "box", "yes", "code"]
    assert {label: a.shape for label, a in found.items()} == {
        "kind": (COUNT,), "box": (COUNT, 4), "yes": (COUNT, 1), "code": (COUNT, 4),
    }  # fmt: skip
    assert (found["kind"] == y["kind"]).mean() > 0.6 and set(np.unique(found["yes"])) <= {0, 1}
    probabilities = net.predict_proba(x)
    assert {label: a.shape for label, a in probabilities.items()} == {"kind": (COUNT, 3), "yes": (COUNT, 2)}
    assert np.allclose(probabilities["kind"].sum(axis=1), 1.0, atol=1e-6)
    assert np.array_equal(probabilities["kind"].argmax(axis=1), found["kind"])
    assert np.array_equal(probabilities["yes"].argmax(axis=1)[:, None], found["yes"])


def test_the_loss_is_the_weighted_sum_of_its_terms_and_the_penalty() -> None:
    module, (x, y) = made(MANY), data()
    net = module.Network(dtype="float64")
    found = net.evaluate(x, y)
    penalty = 0.005 * sum(float((w**2).sum()) for label, w in net.parameters.items() if label.endswith("W"))
    total = 0.5 * found["kind"] + found["box"] + 2 * found["sure"] + found["again"] + penalty
    assert found["loss"] == pytest.approx(total, rel=1e-12)
    assert net.loss_and_grad(x, y)[0] == pytest.approx(total, rel=1e-12)
    assert found["again"] == pytest.approx(np.mean((net.predict(x)["code"] - x["z"]) ** 2), rel=1e-12)
    assert found["score"] == net.score(x, y) == pytest.approx(
        np.mean([found[f"{name}_score"] for name in ("kind", "box", "sure", "again")])
    )  # fmt: skip


def test_the_history_has_every_loss() -> None:
    module, (x, y) = made(MANY), data()
    net = module.Network()
    seen = []
    net.fit(x, y, epochs=2, verbose=False, validation=(x, y), callback=lambda n, e, record: seen.append(record))
    assert seen == net.history
    names = ["loss", "kind", "box", "sure", "again"]
    assert list(net.history[0])[:6] == ["epoch", *names]
    assert {f"validation_{name}" for name in [*names, "score", "kind_score"]} <= set(net.history[0])
    assert net.history[1]["loss"] < net.history[0]["loss"]


def test_targets_are_given_by_name_or_in_order() -> None:
    module, (x, y) = made(MANY), data()
    net = module.Network(dtype="float64")
    loss = net.loss_and_grad(x, y)[0]
    assert net.loss_and_grad((x["x"], x["z"]), tuple(y.values()))[0] == loss
    assert net.loss_and_grad(x, y | {"z": x["z"]})[0] == loss
    assert net.loss_and_grad(x, y | {"z": x["z"] + 1})[0] > loss
    net.step(x, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: None, "y: expected arrays .*kind.*, found nothing"),
        (lambda y: {k: v for k, v in y.items() if k != "box"}, "found kind, sure"),
        (lambda y: y | {"boxx": y["box"]}, "found kind, box, sure, boxx"),
        (lambda y: list(y.values())[:2], "found 2"),
        (lambda y: y | {"kind": y["kind"] + 1}, "kind: expected labels from 0 to 2, found 3"),
        (lambda y: y | {"kind": y["kind"] + 0.5}, "kind: expected integer labels"),
        (lambda y: y | {"sure": y["sure"] + 1}, "sure: expected numbers from 0 to 1, found numbers from 1.0 to 2.0"),
        (lambda y: y | {"box": y["box"][:, :3]}, r"box: expected shape \(50, 4\)"),
        (lambda y: y | {"box": y["box"] * np.nan}, "box: expected finite"),
    ],
)
def test_wrong_targets_are_named(change, message: str) -> None:  # type: ignore[no-untyped-def]
    module, (x, y) = made(MANY), data()
    with pytest.raises(ValueError, match=message):
        module.Network().fit(x, change(y), epochs=1, verbose=False)


@pytest.mark.parametrize("level", LEVELS)
def test_without_a_target_of_its_own_y_is_left_out(level: int) -> None:
    module = made(ALONE, level)
    x = np.random.default_rng(1).normal(size=(30, 5))
    net = module.Network().fit(x, epochs=3, verbose=False, validation=x)
    assert {"loss", "back", "small", "validation_small", "validation_score"} <= set(net.history[-1])
    assert net.predict(x).shape == (30, 5)
    assert net.evaluate(x)["back"] == pytest.approx(np.mean((net.predict(x) - x) ** 2))
    assert net.score(x) == net.evaluate(x)["score"] < 1.0
    assert net.loss_and_grad(x)[0] == pytest.approx(net.loss_and_grad(x, {"x": x})[0])
    with pytest.raises(ValueError, match="y: expected nothing"):
        net.loss_and_grad(x, x)


def test_a_step_allocates_nothing() -> None:
    module, (x, y) = made(MANY), data(16)
    net = module.Network()
    given = {k: np.ascontiguousarray(v, net.dtype) for k, v in x.items()}
    targets = {k: np.ascontiguousarray(v, np.intp if k == "kind" else net.dtype) for k, v in y.items()}
    targets["sure"] = targets["sure"][:, None]
    for _ in range(3):
        net.step(given, targets)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(100):
        net.step(given, targets)
    assert tracemalloc.get_traced_memory()[1] - before < 64_000
    tracemalloc.stop()


def test_files_and_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module, (x, y) = made(MANY), data()
    np.savez(tmp_path / "data.npz", **x, **y)
    saved = str(tmp_path / "net.safetensors")
    arguments = ["--data", str(tmp_path / "data.npz"), "--output", saved, "--epochs", "3"]
    assert module.main(["train", *arguments, "--validation", "0.2"]) == 0
    out = capsys.readouterr().out
    assert "kind_score" in out and "held-out samples" in out
    assert module.main(["predict", "--data", str(tmp_path / "data.npz"), "--weights", saved]) == 0
    rows = np.loadtxt(capsys.readouterr().out.splitlines(), delimiter=",")
    found = module.Network.load(saved).predict(x)
    wanted = np.hstack([a.reshape(COUNT, -1) for a in found.values()])
    assert np.allclose(rows, wanted)
    columns = [*x.values(), y["kind"][:, None], y["box"], y["sure"][:, None]]
    np.savetxt(tmp_path / "data.csv", np.hstack(columns), delimiter=",", header=",".join("a" * 18), comments="")
    assert module.main(["train", "--data", str(tmp_path / "data.csv"), "--output", saved, "--epochs", "1"]) == 0
    assert module.main(["check"]) == 0
    assert module.main(["train", "--data", str(tmp_path / "none.npz"), "--output", saved]) == 1


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("source", [MANY, ALONE], ids=["many", "alone"])
def test_the_text_passes_ruff_and_mypy(source: str, level: int, tmp_path: Path) -> None:
    path = tmp_path / "several.py"
    path.write_text(text(source, level), encoding="utf-8")
    for command in (["ruff", "check", "--isolated"], ["mypy", "--strict"]):
        run = subprocess.run([sys.executable, "-m", *command, str(path)], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


MUTANTS = {
    "a weight": ("loss = 0.5 * loss_kind", "loss = 0.6 * loss_kind"),
    "a term left out": ("    loss += loss_again  ", "    loss += 0 * loss_again  "),
    "terms in another order": ("return loss, loss_kind, loss_box,", "return loss, loss_box, loss_kind,"),
    "outputs in another order": ("return z_kind, z_box, z_yes, a_code", "return z_kind, a_code, z_yes, z_box"),
    "the score of another target": ("_r2(outputs[1], targets[1])", "_r2(outputs[1], targets[3])"),
    "another prediction": ("(y[2] > 0.0).astype(np.int64)", "(y[2] > 0.5).astype(np.int64)"),
    "one probability for the other": ("np.hstack([1.0 - p[1], p[1]])", "np.hstack([p[1], 1.0 - p[1]])"),
    "a loss of an epoch": ("dict(zip(LOSSES, (totals / n).tolist()", "dict(zip(LOSSES, (totals / n)[::-1].tolist()"),
    "the target of another loss": ("subtract(z_box, t_box,", "subtract(z_box, t_z,"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_error_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = MUTANTS[name]
    render = compiler.render
    assert old in text(MANY, 1)
    monkeypatch.setattr(compiler, "render", lambda *given: render(*given).replace(old, new))
    with pytest.raises(VerificationError):
        generate(loads(MANY, "several.yaml"), 1)

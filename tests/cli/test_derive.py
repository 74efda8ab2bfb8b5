"""`symbp derive`: the derivatives of a formula on the command line, and its errors with a caret."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.inside import symbp

ROOT = Path(__file__).resolve().parents[2]

QUADRATIC = "f = sum[i,j](x[i]*A[i,j]*x[j])"


def test_gradient_and_hessian_as_text() -> None:
    run = symbp("derive", QUADRATIC, "--wrt", "x", "--twice")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        QUADRATIC,
        "df_dx[i] = sum[j](x[j]*(A[i,j] + A[j,i]))",
        "d2f_dx_dx[i,j] = A[i,j] + A[j,i]",
        "",
        "arrays: x[i], A[i,j]",
    ]


def test_all_three_forms() -> None:
    run = symbp("derive", QUADRATIC, "--wrt", "x,A", "--as", "all")
    assert run.returncode == 0, run.stderr
    for part in ("df_dA[i,j] = x[i]*x[j]", r"\frac{\partial f}{\partial A_{i,j}}", "def f_and_derivatives(x: Array"):
        assert part in run.stdout
    assert symbp("derive", QUADRATIC, "--wrt", "x", "--as", "latex").stdout.startswith("\\[\nf ")


def test_the_function_runs_as_it_is_printed() -> None:
    text = symbp("derive", QUADRATIC, "--wrt", "x", "--twice", "--as", "numpy").stdout
    check = "f, g, h = f_and_derivatives(np.ones(2), np.arange(4.0).reshape(2, 2)); print(f, g.tolist(), h.tolist())"
    run = subprocess.run([sys.executable, "-c", text + check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "6.0 [3.0, 9.0] [[0.0, 3.0], [3.0, 6.0]]"


def test_a_formula_from_stdin_with_a_cotangent() -> None:
    text = "e[j] = exp(x[j])\ny[j] = e[j]/sum[k](e[k])\n"
    run = symbp("derive", "-", "--wrt", "x", "--cotangent", "G", stdin=text)
    assert "dy_dx[j] = y[j]*(G[j] - sum[k](G[k]*y[k]))" in run.stdout


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("f = sum[i](x[i]*flor(x[i]))", "a product is written *"),
        ("f = sum[i](x[i)", "')' closes '['"),
        ("y[i] = A[i,k]*x[k]", "sum over it, as in sum[k](...)"),
    ],
)
def test_errors_have_a_caret_inside_the_formula(formula: str, hint: str) -> None:
    run = symbp("derive", formula, "--wrt", "x")
    assert (run.returncode, run.stdout) == (1, "")
    assert formula in run.stderr
    assert "^" in run.stderr
    assert hint in run.stderr
    assert "Traceback" not in run.stderr


def test_a_misspelt_array_gets_a_suggestion() -> None:
    run = symbp("derive", "f = sum[i](weights[i]**2)", "--wrt", "weigths")
    assert run.returncode == 1
    assert "did you mean 'weights'?" in run.stderr
    assert symbp("derive", QUADRATIC).returncode == 2  # --wrt is missing


def test_the_documentation_shows_what_is_printed() -> None:
    document = (ROOT / "docs" / "derive.md").read_text(encoding="utf-8")
    parts = [p for block in re.findall(r"```console\n(.*?)```", document, re.DOTALL) for p in block.split("$ ")[1:]]
    assert len(parts) > 2
    for part in parts:
        command, _, shown = part.partition("\n")
        run = symbp(*shlex.split(command)[1:])
        assert run.returncode == 0, run.stderr
        assert run.stdout.startswith(shown.removesuffix("...\n")), run.stdout
    (code,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True).returncode == 0

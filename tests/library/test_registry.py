"""The library is found by being there, and it is nothing but declarations."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import symbp.library
from symbp.entries import conditions_of, defaults, unit_of, variants
from symbp.library import registry
from symbp.library.declaration import REQUIRED, Activation, Initializer, Key, Layer, Loss, Optimizer
from symbp.notation.elaborate import elaborate
from symbp.notation.functions import RESERVED
from symbp.notation.scalar import scalar
from symbp.notation.source import FormulaSource, TensorSource
from symbp.notation.text import equation_text

from . import sources

ROOT = Path(symbp.library.__file__).parent
FILES = sorted(p for folder in registry.FOLDERS for p in (ROOT / folder).glob("*.py") if p.name != "__init__.py")

# What a declaration is made of.
PARTS = {"Compared", "Formula", "Inner", "Key", "Of", "Parameter", "Piece", "Random", "Requirement", "State"}
MODELS = ["symbp.library.declaration", "symbp.library.inner"]
SHARED = "symbp.library.checkpoint"  # a key that several blocks have
EXPECTED = {
    "layers": "dense bilinear softmax log_softmax dropout batch_norm alpha_dropout gaussian_dropout gaussian_noise "
    "channel_dropout feature_alpha_dropout instance_norm "
    "add multiply average maximum subtract concat dot mixture",
    "blocks": "residual repeat sequential",
    "activations": "identity sigmoid tanh relu leaky_relu prelu elu selu celu softplus softsign silu mish gelu "
    "gelu_tanh hardtanh relu6 hardsigmoid hardswish logsigmoid tanhshrink softshrink hardshrink threshold "
    "abs square exp sine rrelu",
    "losses": "mse half_squared_error mae huber smooth_l1 cross_entropy binary_cross_entropy kl_divergence nll "
    "poisson_nll gaussian_nll hinge squared_hinge cosine",
    "penalties": "l1 l2",
    "optimizers": "sgd momentum nesterov adagrad rmsprop adadelta adam adamw nadam lion",
    "clips": "clip_norm clip_value",
    "schedules": "constant step exponential cosine warmup one_cycle",
    "parametrizations": "weight_norm spectral_norm",
    "initializers": "zeros ones constant numbers uniform normal truncated_normal glorot_uniform glorot_normal "
    "he_uniform he_normal lecun_uniform lecun_normal orthogonal",
}


@pytest.mark.parametrize("folder", EXPECTED)
def test_everything_that_is_promised_is_there(folder: str) -> None:
    found = getattr(registry, folder)()
    assert set(EXPECTED[folder].split()) <= set(found)
    assert list(found) == sorted(found)
    assert all(name == declared.type for name, declared in found.items())


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_file_holds_a_declaration_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text())
    code = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.Lambda,
        ast.ClassDef,
        ast.For,
        ast.While,
        ast.If,
        ast.Try,
        ast.With,
    )
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    assert [type(n).__name__ for n in ast.walk(tree) if isinstance(n, code + comprehensions)] == []
    assert ast.get_docstring(tree)
    imported = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    modules = [n.module for n in imported if isinstance(n, ast.ImportFrom)]
    assert [m for m in modules if m != SHARED] in (MODELS[:1], MODELS)
    assert all(isinstance(n, ast.ImportFrom) for n in imported)
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert called <= {t.__name__ for t in registry.FOLDERS.values()} | PARTS
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Call) and not isinstance(n.func, ast.Name)]


def test_the_test_above_sees_code() -> None:
    for code in ("DECLARATION = (lambda: 1)()", "def f(): pass", "class A: pass"):
        tree = ast.parse(code)
        assert [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef)]


def test_a_new_file_is_found(tmp_path: Path) -> None:
    text = (ROOT / "activations" / "square.py").read_text().replace('"square"', '"square_again"')
    (tmp_path / "square_again.py").write_text(text)
    program = (
        "import symbp.library.activations as package\n"
        f"package.__path__.append({str(tmp_path)!r})\n"
        "from symbp.library import registry\n"
        "print(registry.activations()['square_again'].formula.plain)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "y = z**2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [("X = 1", "holds no DECLARATION of a Layer"), ("", "holds no DECLARATION"), ("@square", "one name")],
)
def test_a_file_that_is_no_declaration_is_refused(tmp_path: Path, text: str, message: str) -> None:
    square = (ROOT / "layers" / "softmax.py").read_text()
    (tmp_path / "wrong.py").write_text(square if text == "@square" else text)
    program = (
        "import symbp.library.layers as package\n"
        f"package.__path__.append({str(tmp_path)!r})\n"
        "from symbp.library import registry\n"
        "registry.layers()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "TypeError" in done.stderr
    assert message in done.stderr


def test_the_library_needs_neither_sympy_nor_numpy() -> None:
    program = (
        "import sys\n"
        "from symbp.library import registry\n"
        "import symbp.notation.elaborate, symbp.notation.scalar, symbp.notation.text, symbp.notation.traverse\n"
        "[getattr(registry, folder)() for folder in registry.FOLDERS]\n"
        "print(sorted({'sympy', 'numpy', 'jinja2', 'yaml', 'pydantic', 'click'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


DECLARATIONS = [d for folder in registry.FOLDERS for d in getattr(registry, folder)().values()]


@pytest.mark.parametrize("declared", DECLARATIONS, ids=lambda d: f"{type(d).__name__}-{d.type}")
def test_every_declaration_says_what_it_is_and_where_from(declared: object) -> None:
    assert declared.summary and not declared.summary.endswith(".")  # type: ignore[attr-defined]
    assert declared.source  # type: ignore[attr-defined]
    names = [k.name for k in getattr(declared, "keys", ())]
    assert len(names) == len(set(names))
    for key in getattr(declared, "keys", ()):
        check_key(key)


KINDS_OF_KEYS = (
    *("integer", "integers", "padding", "number", "numbers", "boolean", "choice", "init", "activation", "schedule"),
    *("size", "value", "axis", "shape", "order", "pair", "index", "place"),
)


def check_key(key: Key) -> None:
    assert key.doc
    assert key.kind in KINDS_OF_KEYS
    assert key.name not in RESERVED - {"mean"}
    if key.kind == "choice":
        assert key.default in key.choices
    if key.default == REQUIRED or key.default is None or not isinstance(key.default, float | int):
        return
    above = key.minimum is None or key.default > key.minimum or (key.default == key.minimum and not key.open_minimum)
    below = key.maximum is None or key.default < key.maximum or (key.default == key.maximum and not key.open_maximum)
    assert above and below


KINKED = ("where(", "abs(", "max(", "min(", "sign(")


@pytest.mark.parametrize("declared", registry.activations().values(), ids=lambda d: d.type)
def test_activations(declared: Activation) -> None:
    plain, safe = sources.activation(declared)
    assert plain.equations[-1].name == safe.equations[-1].name == "y"
    # Softsign and celu have one derivative from both sides.
    smooth = declared.type in ("softsign", "celu")
    assert smooth or bool(declared.subgradient) == any(k in declared.formula.plain for k in KINKED)


@pytest.mark.parametrize("declared", registry.losses().values(), ids=lambda d: d.type)
def test_losses(declared: Loss) -> None:
    for formula in declared.formulas:
        for leading in (("n",), ("n", "t1")):
            plain, safe = sources.loss(declared, formula, leading)
            assert plain.equations[-1].name == "L"
            assert plain.equations[-1].indices == ()
            names = {e.name for e in plain.equations}
            assert names <= {e.name for e in safe.equations}
            assert declared.probability in names or not declared.probability
    assert declared.score in ("accuracy", "binary_accuracy", "sign_accuracy", "r2", "")
    assert declared.score != "r2" or declared.inputs == sources.OUTPUT
    assert declared.predict in ("argmax", "positive", "sign", "raw")
    assert declared.target in ("real", "integer", "none", *(k.name for k in declared.keys))
    known = {*registry.activations(), *registry.layers()}
    assert set(declared.refuses_activation) <= known


@pytest.mark.parametrize("declared", registry.layers().values(), ids=lambda d: d.type)
def test_layers(declared: Layer) -> None:
    keys = {k.name for k in declared.keys}
    assert {key for key, _ in declared.sizes} <= keys | {f"{k.name}_{d}" for k in declared.keys for d in k.dims}
    assert {key for p in declared.parameters for key, _ in p.conditions} <= keys
    assert conditions_of(declared) <= keys
    assert {p.init for p in declared.parameters} <= set(registry.initializers())
    for changed in variants(declared):
        unit = unit_of(declared, {**defaults(declared), **changed})
        assert unit is not None
        assert unit.plain[-1].name == unit.safe[-1].name == "y"
        assert unit.plain[-1].indices == unit.safe[-1].indices
    for parameter in declared.parameters:
        for fan in filter(None, (parameter.fan_in, parameter.fan_out)):
            scalar(fan, constants=tuple(c.upper() for c in parameter.axes if c.isalpha()))


@pytest.mark.parametrize("declared", registry.optimizers().values(), ids=lambda d: d.type)
def test_optimizers(declared: Optimizer) -> None:
    state = tuple(name for name, _ in declared.state)
    tensors = tuple(TensorSource(name) for name in ("w", "g", *state))
    constants = tuple(k.name for k in declared.keys if k.name != "lr")
    for text in filter(None, (declared.equations, declared.decayed)):
        found = elaborate(FormulaSource(text, tensors, constants, variables=("lr", "k"), reassign=True))
        assert "w" in [e.name for e in found.equations]
        if text == declared.equations:
            assert set(state) <= {e.name for e in found.equations}


def test_clips_and_penalties() -> None:
    for clip in registry.clips().values():
        found = elaborate(FormulaSource(clip.equations, (TensorSource("g", ("i",)),), ("c",), reassign=True))
        assert found.equations[-1].name == "g"
    for penalty in registry.penalties().values():
        found = elaborate(FormulaSource(penalty.formula, (TensorSource("w"),), ("a",), output="L"))
        assert equation_text(found.equations[0]).startswith("L = a")


@pytest.mark.parametrize("declared", registry.initializers().values(), ids=lambda d: d.type)
def test_initializers(declared: Initializer) -> None:
    known = ("constant", "values", "uniform", "normal", "truncated_normal", "orthogonal")
    assert declared.distribution in known
    names = ("I", "O", *(k.name for k in declared.keys))
    for text in filter(None, (declared.scale, declared.low, declared.mean)):
        scalar(text, constants=names)

"""Specs as objects: the examples, the same models built in Python, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from symbp.errors import SpecError
from symbp.spec.load import load, loads
from symbp.spec.model import Spec
from symbp.spec.reading import read, read_file
from symbp.spec.tree import data_of

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
GOOD: dict[str, Any] = {
    "symbp": 1,
    "name": "net",
    "input": {"x": [4]},
    "layers": [{"type": "dense", "units": 3}],
    "loss": {"type": "mse"},
    "train": {"optimizer": {"type": "sgd", "lr": 0.1}},
}


def problems(**change: Any) -> list[tuple[str, str]]:
    """Code and message of everything that is wrong with the good spec after a change."""
    with pytest.raises(SpecError) as error:
        Spec(**(GOOD | change))
    return [(p.code, p.message) for p in error.value.problems]


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_every_example_is_read_and_is_the_same_in_python(path: Path) -> None:
    spec = load(path)
    root, _ = read(read_file(path))
    assert root is not None
    data: Any = data_of(root)
    built = Spec(**data)
    assert built == spec
    assert Spec(**spec.model_dump(exclude_unset=True)) == spec
    assert built != Spec(**(data | {"name": "another"}))
    assert spec.name == path.stem


def test_all_eleven_and_three_more_are_there() -> None:
    names = "autoencoder breast_cancer char_lstm diabetes digits gated iris lenet mnist_16_16 three_four_one"
    assert {p.stem for p in SPECS} >= set(f"{names} transformer two_towers worked_example xor".split())


def test_defaults() -> None:
    spec = Spec(**{key: value for key, value in GOOD.items() if key != "train"})
    assert (spec.dtype, spec.input_type, spec.train.epochs, spec.train.batch_size) == ("float32", "real", 10, 32)
    assert (spec.train.optimizer.type, spec.train.optimizer["lr"], spec.train.seed) == ("adam", 1e-3, 0)
    assert spec.layers[0]["bias"] is True


def test_a_type_alone_is_enough() -> None:
    short = Spec(**(GOOD | {"loss": "mse", "layers": ({"type": "dense", "units": 3, "activation": "relu"},)}))
    long = {"type": "dense", "units": 3, "activation": {"type": "relu"}}
    assert short == Spec(**(GOOD | {"layers": [long]}))


def test_problems_without_a_file_name_the_path() -> None:
    found = problems(layers=[{"type": "dense", "units": 0}, {"type": "dense", "units": 1, "bias": "yes"}])
    assert found == [
        ("E204", "layers[0].units: a size must be from 1 to 2147483647, found 0"),
        ("E203", "layers[1].bias: `bias` must be true or false, found the text 'yes'"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 2.0),
        ("epochs", True),
        ("epochs", "3"),
        ("seed", -1),
        ("batch_size", 0),
        ("stop", {"loss_below": True}),
    ],
)
def test_nothing_is_converted(key: str, value: Any) -> None:
    assert len(problems(train={"optimizer": {"type": "sgd", "lr": 0.1}, key: value})) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), True, None, "0.1", [0.1]])
def test_a_learning_rate_is_a_finite_number(value: Any) -> None:
    ((code, _),) = problems(train={"optimizer": {"type": "sgd", "lr": value}})
    assert code in ("E203", "E204")


def test_integers_are_numbers_too() -> None:
    spec = Spec(**(GOOD | {"train": {"optimizer": {"type": "sgd", "lr": 1}}}))
    assert spec.train.optimizer["lr"] == 1.0


@pytest.mark.parametrize(
    "name", ["lambda", "match", "print", "json", "numpy", "test", "Net", "1net", "a-b", "", "größe"]
)
def test_names_that_no_module_can_have(name: str) -> None:
    assert problems(name=name)[0][0] in ("E206", "E209")


@pytest.mark.parametrize("name", ["net", "a", "xor_2", "digits", "class_"])
def test_names_that_a_module_can_have(name: str) -> None:
    assert Spec(**(GOOD | {"name": name})).name == name


def test_definitions_become_types() -> None:
    define = {
        "activations": {"bent": {"formula": "z*sigmoid(beta*z)", "parameters": {"beta": 1.5}}},
        "optimizers": {"ball": "v = 0.9*v + g\nw = w - lr*v"},
    }
    layers = [{"type": "dense", "units": 3, "activation": {"type": "bent", "beta": 2.0}}]
    spec = Spec(**(GOOD | {"define": define, "layers": layers, "train": {"optimizer": {"type": "ball", "lr": 0.1}}}))
    assert spec.layers[0].activation is not None
    assert spec.layers[0].activation["beta"] == 2.0
    declared = spec.vocabulary.declaration("optimizer", "ball")
    assert declared is not None
    assert getattr(declared, "state", ()) == (("v", 0.0),)
    assert (
        loads("symbp: 1\nname: other\ninput: {x: [2]}\nlayers: [{type: dense, units: 1}]\nloss: mse\n").define.layers
        == {}
    )
    assert problems(layers=layers)[0][1] == "layers[0].activation.type: there is no activation 'bent'"


def test_a_spec_is_frozen() -> None:
    spec = Spec(**GOOD)
    with pytest.raises(ValueError, match="frozen"):
        spec.name = "other"

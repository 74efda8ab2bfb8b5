"""What callers may pass, and the one clear ValueError for what they may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from .generated import SPECS, data, made

X, Y = data("classes", n=12)
SPOILT = X.copy()
SPOILT[3, 1] = np.nan
WIDE = X.copy()
WIDE[2, 0] = 1e300
MASKED = np.ma.masked_where(np.arange(72).reshape(12, 6) % 30 == 7, X)

BAD_INPUTS: list[tuple[Any, str]] = [
    (X[:, :5], "x: expected shape (n, 6), found shape (12, 5) and dtype float64"),
    (X[0], "x: expected shape (n, 6), found shape (6,)"),
    (X[..., None], "x: expected shape (n, 6), found shape (12, 6, 1)"),
    (X[:0], "x: expected shape (n, 6) with at least one sample, found shape (0, 6)"),
    (X.astype(complex), "x: expected real numbers, found shape (12, 6) and dtype complex128"),
    (X.astype(object), "x: expected real numbers, found shape (12, 6) and dtype object"),
    (X.astype(str), "x: expected real numbers, found shape (12, 6) and dtype <U"),
    ([[1.0, 2.0], [3.0]], "x: expected an array, found rows of different lengths"),
    (None, "x: expected shape (n, 6), found shape ()"),
    (SPOILT, "x: expected finite float32 numbers, found nan at [3, 1]"),
    (WIDE, "x: expected finite float32 numbers, found inf at [2, 0]"),
    (MASKED, "x: expected no masked values, found 3"),
]
BAD_LABELS: list[tuple[Any, str]] = [
    (Y[:7], "y: expected shape (12,), found shape (7,)"),
    (None, "y: expected shape (12,), found shape () and dtype object"),
    ({"y": Y}, "y: expected shape (12,), found shape () and dtype object"),
    (Y[:, None], "y: expected shape (12,), found shape (12, 1)"),
    (Y + 1, "y: expected labels from 0 to 2, found 3"),
    (Y - 1, "y: expected labels from 0 to 2, found -1"),
    (Y + 0.5, "y: expected integer labels, found shape (12,) and dtype float64"),
    (Y * np.nan, "y: expected integer labels"),
    (np.ma.masked_equal(Y, 1), f"y: expected no masked values, found {np.sum(Y == 1)}"),
    (Y.astype(str), "y: expected integer labels, found shape (12,) and dtype <U"),
    (Y.astype(object), "y: expected integer labels, found shape (12,) and dtype object"),
    (np.full(12, 2**64 - 1, np.uint64), "y: expected labels from 0 to 2, found 18446744073709551615"),
]
CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "fit": lambda net, x, y: net.fit(x, y, verbose=False),
    "step": lambda net, x, y: net.step(x, y),
    "score": lambda net, x, y: net.score(x, y),
    "evaluate": lambda net, x, y: net.evaluate(x, y),
    "loss_and_grad": lambda net, x, y: net.loss_and_grad(x, y),
    "input_gradient": lambda net, x, y: net.input_gradient(x, y),
    "validation": lambda net, x, y: net.fit(X, Y, validation=(x, y), verbose=False),
}


@pytest.mark.parametrize("call", CALLS)
def test_bad_arrays_are_refused_and_change_nothing(call: str) -> None:
    net = made("classes").Network()
    before = net.theta.copy()
    for x, message in BAD_INPUTS:
        if call == "step" and "finite" in message:  # a step does not look
            continue
        with pytest.raises(ValueError, match="^" + re.escape(message)):
            CALLS[call](net, x, Y)
    for y, message in BAD_LABELS:
        with pytest.raises(ValueError, match="^" + re.escape(message)):
            CALLS[call](net, X, y)
    assert np.array_equal(net.theta, before)


def test_an_input_by_another_name_and_a_part_to_hold_out_are_refused() -> None:
    net = made("classes").Network()
    with pytest.raises(ValueError, match=r"^x: expected the array x, found z$"):
        net.predict({"z": X})
    for validation in (0.2, X, (X, Y, Y)):
        with pytest.raises(ValueError, match=r"^validation: expected a pair \(x, y\) of arrays, found "):
            net.fit(X, Y, validation=validation, verbose=False)


def test_predictions_check_their_inputs() -> None:
    net = made("classes").Network()
    for x, message in BAD_INPUTS:
        for call in (net.predict, net.predict_proba):
            with pytest.raises(ValueError, match="^" + re.escape(message)):
                call(x)


def test_ranges_of_real_targets() -> None:
    net, (x, y) = made("yes_no").Network(), data("yes_no")
    with pytest.raises(ValueError, match=re.escape("y: expected numbers from 0 to 1, found numbers from 0.0 to 2.0")):
        net.fit(x, 2 * y, verbose=False)
    assert np.isfinite(net.step(x, 2 * y))  # a step looks at shapes, dtypes and labels only
    with pytest.raises(ValueError, match=re.escape("y: expected shape (50, 1), found shape (50, 2)")):
        net.step(x, np.column_stack([y, y]))


def test_kinds_of_targets() -> None:
    net, (x, y) = made("chances").Network(), data("chances")
    for wrong in (2 * y, np.where(y > 0.5, 1.5, -0.5), -y):
        with pytest.raises(ValueError, match="y: expected probabilities that sum to 1, found numbers from"):
            net.score(x, wrong)
    net, (pair, y) = made("pair").Network(), data("pair")
    with pytest.raises(ValueError, match=re.escape("y: expected the numbers -1 and 1, found numbers from -2.0 to 2.0")):
        net.score(pair, 2 * y)


def test_several_inputs() -> None:
    net, ((left, right), y) = made("pair").Network(), data("pair")
    wanted = net.predict((left, right))
    assert set(np.unique(wanted)) == {-1, 1}
    assert np.array_equal(net.predict({"right": right, "left": left}), wanted)
    assert np.array_equal(net.predict([left, right]), wanted)
    assert set(net.input_gradient((left, right), y)) == {"left", "right"}
    for x, message in (
        ({"left": left}, "x: expected the arrays left, right, found left"),
        ({"left": left, "right": right, "up": right}, "x: expected the arrays left, right, found left, right, up"),
        ((left,), "x: expected 2 arrays (left, right), found 1"),
        (None, "x: expected 2 arrays (left, right), found 0"),
        ((left, right[:9]), "right: expected shape (50, 2), found shape (9, 2)"),
        ((right, left), "left: expected shape (n, 3), found shape (50, 2)"),
    ):
        with pytest.raises(ValueError, match="^" + re.escape(message)):
            net.fit(x, y, verbose=False)


def test_the_last_axis_may_be_left_out_where_it_is_one() -> None:
    net, (x, y) = made("line").Network(), data("line")
    assert net.loss_and_grad(x, y)[0] == net.loss_and_grad(x, y[:, None])[0]
    assert net.predict(x).shape == (50, 1)


def test_layouts_and_types_that_are_taken() -> None:
    module = made("classes")
    whole = np.round(3 * X)
    wanted, labels = module.Network().loss_and_grad(whole, Y)[1], Y
    padded = np.zeros((24, 12))
    padded[::2, ::2] = whole
    for x in (np.asfortranarray(whole), padded[::2, ::2], whole.astype(np.int8), whole.tolist(), whole.astype(">f8"),
              whole[::-1][::-1], {"x": whole}, np.ma.masked_array(whole), whole.astype(np.float16)):  # fmt: skip
        assert np.array_equal(module.Network().loss_and_grad(x, labels)[1], wanted)
    for y in (Y.astype(np.uint8), Y.astype(float), Y.tolist(), np.repeat(Y, 2)[::2]):
        assert np.array_equal(module.Network().loss_and_grad(whole, y)[1], wanted)


class Table:
    """What a data frame is to NumPy: something that turns into an array when asked."""

    def __init__(self, values: Any) -> None:
        self.values = np.asfortranarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.values, dtype=dtype)

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)


def test_what_turns_into_an_array_is_taken() -> None:
    module = made("classes")
    net = module.Network().fit(Table(X), Table(Y), validation=(Table(X), Table(Y)), verbose=False)
    assert np.array_equal(net.theta, module.Network().fit(X, Y, verbose=False).theta)
    assert np.array_equal(net.predict(Table(X)), net.predict(X))


def test_data_frames_are_taken() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    module = made("classes")
    frame, series = pandas.DataFrame(X), pandas.Series(Y, index=range(100, 112))
    net, twin = module.Network().fit(frame, series, verbose=False), module.Network().fit(X, Y, verbose=False)
    assert np.array_equal(net.theta, twin.theta)
    assert np.array_equal(net.predict(frame), twin.predict(X))


def test_arrays_of_the_caller_are_not_changed() -> None:
    for name in SPECS:
        arrays, before = data(name, n=9), data(name, n=9)
        net = made(name).Network(dtype="float64")
        net.fit(*arrays, verbose=False)
        net.input_gradient(*arrays)
        net.predict(arrays[0])
        for a, b in zip(arrays, before, strict=True):
            assert all(np.array_equal(c, d) for c, d in zip(a, b, strict=True))


def test_results_are_the_callers_own() -> None:
    module, (x, y) = made("classes"), data("classes")
    net = module.Network()
    first, again = net.predict_proba(x), net.predict_proba(-x)
    assert not np.array_equal(first, again)
    grad = net.loss_and_grad(x, y)[1]
    kept = grad.copy()
    net.loss_and_grad(-x, y)
    assert np.array_equal(grad, kept)
    raw = made("line").Network()
    assert not np.shares_memory(raw.predict(data("line")[0]), raw.predict(data("line")[0]))


def test_predictions_by_kind() -> None:
    x, y = data("classes")
    net = made("classes").Network().fit(x, y, epochs=30, verbose=False)
    probabilities = net.predict_proba(x)
    assert probabilities.shape == (50, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    assert np.array_equal(net.predict(x), probabilities.argmax(axis=1))
    assert net.score(x, y) == np.mean(net.predict(x) == y)
    x, y = data("yes_no")
    net = made("yes_no").Network().fit(x, y, epochs=20, verbose=False)
    chance = net.predict_proba(x)
    assert chance.shape == (50, 2)
    assert np.array_equal(net.predict(x)[:, 0], (chance[:, 1] > 0.5).astype(int))
    assert net.score(x, y) == np.mean(net.predict(x)[:, 0] == y)
    x, y = data("line")
    net = made("line").Network()
    assert not hasattr(net, "predict_proba")
    missed = ((net.predict(x)[:, 0] - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert net.score(x, y) == pytest.approx(1.0 - missed, rel=1e-12)


def test_many_samples_are_predicted_in_blocks() -> None:
    module, (x, y) = made("classes"), data("classes", n=200)
    net = module.Network()
    whole, loss, classes = net.predict_proba(x), net.evaluate(x, y), net.predict(x)
    module_rows, module.ROWS = module.ROWS, 64
    try:
        np.testing.assert_allclose(net.predict_proba(x), whole, rtol=1e-6)
        np.testing.assert_allclose(net.evaluate(x, y), loss, rtol=1e-6)
        assert np.array_equal(net.predict(x), classes)
    finally:
        module.ROWS = module_rows


def test_workspaces_are_kept_for_a_few_sizes() -> None:
    net, (x, y) = made("classes").Network(), data("classes")
    for n in range(1, 30):
        net.step(x[:n], y[:n])
    assert len(net._first.workspaces) == made("classes").KEPT
    kept = net._first.workspaces[(29,)]
    net.step(x[:29], y[:29])
    assert net._first.workspaces[(29,)] is kept


def test_sizes_that_a_call_fixes() -> None:
    module, (x, y) = made("steps"), data("steps")
    net = module.Network()
    assert module.INPUTS == {"x": ("T", 3)}
    assert module.TARGET["shape"] == ("T",)
    assert net.predict(x).shape == (50, 7)
    assert net.predict(x[:, :2]).shape == (50, 2)
    assert net.predict_proba(x[:, :4]).shape == (50, 4, 2)
    with pytest.raises(ValueError, match=re.escape("y: expected shape (50, 7), found shape (50, 6)")):
        net.step(x, y[:, :6])
    net.fit(x, y, verbose=False)
    net.fit(x[:, :3], y[:, :3], verbose=False)


def test_an_autoencoder_is_called_without_a_target() -> None:
    module, (x,) = made("tied"), data("tied")
    net = module.Network()
    assert net.loss_and_grad(x)[0] == net.loss_and_grad(x, x)[0]
    clean = x + 0.1
    assert net.step(x, clean) != net.step(x)
    assert module.TARGET["input"] == "x"


@pytest.mark.parametrize("name", ("classes", "yes_no", "tied", "steps"))
def test_a_step_takes_arrays_as_they_are_where_nothing_is_to_be_said_of_them(name: str) -> None:
    module = made(name)
    net, arrays = module.Network(), data(name, n=6)
    x = np.ascontiguousarray(arrays[0], net.dtype)
    y = None if len(arrays) == 1 else np.ascontiguousarray(arrays[1], own_dtype(module, net))
    y = y.reshape(6, 1) if name == "yes_no" else y
    taken = module._unchanged(x, y, net.dtype)
    assert taken[0] is x and taken[1] is (x if y is None else y)
    others = [x.tolist(), x.astype(np.float16), x[::2], x[:0], x[..., None], np.asfortranarray(x), np.ma.array(x)]
    for other in others:
        assert module._unchanged(other, y, net.dtype) is None
    for wrong in [x] if y is None else [y[:5], y[..., None], y.astype(np.int16), y.tolist()]:
        assert module._unchanged(x, wrong, net.dtype) is None


def own_dtype(module: Any, net: Any) -> Any:
    """The dtype of targets that are taken as they are."""
    return np.intp if module.TARGET["kind"] == "labels" else net.dtype


def test_labels_out_of_range_are_not_taken_as_they_are() -> None:
    module, x = made("classes"), np.ascontiguousarray(X, np.float32)
    for label in (-1, 3, np.iinfo(np.intp).min, np.iinfo(np.intp).max):
        y = Y.astype(np.intp)
        y[4] = label
        assert module._unchanged(x, y, x.dtype) is None
        with pytest.raises(ValueError, match=rf"^y: expected labels from 0 to 2, found {label}$"):
            module.Network().step(x, y)

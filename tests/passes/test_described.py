"""Names of values by what they are made of."""

from __future__ import annotations

import pytest

from symbp.lower.model import STEP, Affine, Apply, Array, At, Axis, Fold, Node, Product, Read, Scalar, Window
from symbp.notation.expr import number
from symbp.passes.described import Describing, lengthened, slope

N, T, J, H = Axis("n", "n"), Axis("t", "T"), Axis("j", 4), Axis("h", 4)
P, U = Axis("p", 3), Axis("u", 2)
NAMES = ("i_rnn", "g_rnn", "c_rnn_before", "z_fc", "padded_a_c1", "xhat_ln1", "sum_dq_with_a_very_long_name")
ARRAYS = {name: Array(name, ("n", 4)) for name in NAMES} | {
    f"step {k}": Array(f"step {k}", ("n", 4), part_of="z_fc") for k in range(1, 6)
}
PATCHES = Window(Read("padded_a_c1", (N, H)), ((H, Affine(((P, 1), (U, 1)))),))
ONE, TWO, QUARTER = Scalar(number(1)), Scalar(number(2)), Scalar(number("1/4"))


def read(name: str) -> Read:
    return Read(name, (N, J))


MADE = {
    "step 2": Apply("multiply", (read("i_rnn"), read("g_rnn"))),
    "step 3": Fold("sum", (J,), read("z_fc")),
    "step 4": Fold("sum", (J,), read("step 2")),
    "step 5": Apply("square", (read("g_rnn"),)),
}


@pytest.mark.parametrize(
    ("value", "layer", "name"),
    [
        (Apply("subtract", (ONE, read("i_rnn"))), "rnn", "one_minus_i_rnn"),
        (Apply("add", (read("z_fc"), ONE)), "fc", "z_plus_one_fc"),
        (Apply("multiply", (read("i_rnn"), read("g_rnn"))), "rnn", "i_times_g_rnn"),
        (Apply("multiply", (read("i_rnn"), read("c_rnn_before"))), "rnn", "i_times_c_before_rnn"),
        (Apply("multiply", (read("xhat_ln1"), read("z_fc"))), "fc", "xhat_ln1_times_z_fc"),  # of another layer
        (Apply("square", (read("z_fc"),)), "fc", "z_squared_fc"),
        (Apply("exp", (read("z_fc"),)), "fc", "exp_z_fc"),
        (Fold("sum", (J,), read("z_fc")), "fc", "sum_z_fc"),
        (read("z_fc"), "loss", "turned_z_fc"),
        (PATCHES, "c2", "patches_a_c1"),
        (Product(read("z_fc"), Read("xhat_ln1", (N, P)), (N,)), "fc", "z_times_xhat_ln1_fc"),
        (Fold("sum", (J,), read("step 2")), "rnn", "sum_i_times_g_rnn"),
        (Apply("multiply", (read("step 3"), QUARTER)), "fc", "mean_z_fc"),
        (Apply("multiply", (read("step 4"), QUARTER)), "rnn", "mean_i_times_g_rnn"),
        (Apply("subtract", (ONE, read("step 5"))), "rnn", "one_minus_g_squared_rnn"),
        (Apply("multiply", (At(Read("i_rnn", (T, N, J)), T, STEP), read("g_rnn"))), "rnn", "i_times_g_rnn"),
    ],
)  # fmt: skip
def test_what_a_value_is_made_of(value: Node, layer: str, name: str) -> None:
    assert Describing(ARRAYS, MADE).name(value, layer) == name


@pytest.mark.parametrize(
    "value",
    [
        Apply("multiply", (read("step 1"), read("z_fc"))),  # a step has no name yet
        Apply("add", (read("z_fc"), TWO)),
        Apply("multiply", (read("sum_dq_with_a_very_long_name"), read("z_fc"))),
        Apply("multiply", (read("step 3"), TWO)),  # no mean
        Apply("multiply", (read("step 2"), QUARTER)),  # no sum
        Apply("add", (read("step 2"), read("z_fc"))),  # of which part?
        Apply("greater", (read("z_fc"), ONE)),
    ],
)
def test_what_has_no_such_name(value: Node) -> None:
    assert Describing(ARRAYS, MADE).name(value, "fc") == ""


def test_a_name_that_is_taken_says_what_it_leads_to() -> None:
    assert lengthened("factor_up", "dz_up") == "factor_for_dz_up"
    assert lengthened("turned_K_c3", "taps_dy_p1") == "turned_K_c3_for_dy_p1"
    assert lengthened("difference_of_means_bn1", "dz_with_a_long_name") == ""


def test_what_a_gradient_is_multiplied_by_is_a_slope() -> None:
    assert slope("dz_fc") == "slope_z_fc"

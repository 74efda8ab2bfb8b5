"""Names, shapes, leading axes, shared parameters: what a node is bound to."""

from __future__ import annotations

import pytest

from .networks import graph, node, refused


def test_a_layer_reads_the_one_before_it_unless_it_says_otherwise() -> None:
    made = graph(
        "input: {x: [4]}\nlayers:\n"
        "  - {type: dense, name: a, units: 4, activation: relu}\n"
        "  - {type: dense, units: 3}\n"
        "  - {type: bilinear, name: both, inputs: [dense_2, a], units: 2}\n"
    )
    assert dict(node(made, "dense_2").binding)["x"] == "a_a"
    assert dict(node(made, "both").binding)["x"] == "z_dense_2"
    assert dict(node(made, "both").binding)["z"] == "a_a"
    assert dict(node(made, "both").sizes) == {"N": None, "I": 3, "J": 4, "O": 2}


def test_leading_axes_are_mapped_over() -> None:
    made = graph(
        "input: {x: [T, 8]}\nsizes: {T: any}\nlayers:\n"
        "  - {type: dense, name: a, units: 5, activation: prelu}\n"
        "  - {type: dense, name: b, units: 3}\n",
        loss="{type: cross_entropy}",
    )
    assert dict(node(made, "a").sizes) == {"N": None, "T1": None, "I": 8, "J": 5}
    assert [(a.letter, a.symbol.name, a.size) for a in made.tensor("z_b").axes] == [
        ("n", "N", None),
        ("t1", "T", None),
        ("j", "J", 3),
    ]
    assert [a.symbol.name for a in made.tensor("t").axes] == ["N", "T"]
    assert made.tensor("t").integer
    assert [len(p.tensor.axes) for p in made.parameters] == [2, 1, 1, 2, 1]
    assert made.rows[0].shape == ("T", "5")
    assert (made.rows[0].description, made.rows[0].parameters) == ("dense, prelu", 8 * 5 + 5 + 5)
    assert node(made, "a").unit.key != node(graph("input: {x: [4]}"), "fc").unit.key


def test_units_do_not_depend_on_sizes() -> None:
    wide, narrow = graph("input: {x: [400]}"), graph("input: {x: [4]}")
    assert wide.nodes[0].unit == narrow.nodes[0].unit
    without = graph("input: {x: [4]}\nlayers:\n  - {type: dense, units: 2, bias: false}\n")
    assert without.nodes[0].unit.key != wide.nodes[0].unit.key


def test_an_image_is_flattened_first_unless_its_axes_say_otherwise() -> None:
    (problem,) = refused("input: {x: [3, 8, 8]}")
    assert problem[:2] == ("E303", 5)
    made = graph("input: {x: [3, 8, 8]}\naxes: {x: [site, time, feature]}")
    assert made.rows[0].shape == ("3", "8", "2")


def test_tied_weights_are_bound_transposed_and_owned_once() -> None:
    made = graph(
        "input: {x: [6]}\nlayers:\n"
        "  - {type: dense, name: encode, units: 2}\n"
        "  - {type: dense, name: decode, units: 6, share: {W: encode.W.T}}\n",
        loss="{type: mse, target: x, l2: 0.5}",
    )
    assert [p.tensor.label for p in made.parameters] == ["encode.W", "encode.b", "decode.b"]
    assert dict(node(made, "decode").binding)["W"] == "W_encode"
    assert node(made, "decode").transposed == ("W",)
    assert [t.tensor for t in made.targets] == ["x"]
    assert "t" not in [t.name for t in made.tensors]
    assert [n.name for n in made.nodes if n.unit.is_loss] == ["loss", "l2.W_encode"]


def test_sharing_a_shared_parameter_leads_to_its_owner() -> None:
    made = graph(
        "input: {x: [3]}\nlayers:\n"
        "  - {type: dense, name: a, units: 5, activation: prelu}\n"
        "  - {type: dense, name: b, units: 3, share: {W: a.W.T}}\n"
        "  - {type: dense, name: c, units: 5, activation: prelu, share: {W: b.W.T, alpha: a.alpha}}\n"
        "  - {type: dense, name: d, inputs: b, units: 5, share: c}\n"
        "  - {type: bilinear, inputs: [c, d], units: 2}\n"
    )
    assert dict(node(made, "c").binding)["W"] == dict(node(made, "d").binding)["W"] == "W_a"
    assert node(made, "c").transposed == node(made, "d").transposed == ()
    assert dict(node(made, "c.prelu").binding)["alpha"] == "alpha_a"
    assert dict(node(made, "d").binding)["b"] == "b_c"


def test_a_shape_error_names_both_sides_and_both_shapes() -> None:
    body = (
        "input: {u: [4], v: [5]}\ndefine:\n  layers:\n"
        '    plus: {input: ["u[n,i]", "v[n,i]"], formula: "y[n,i] = u[n,i] + v[n,i]"}\nlayers:\n'
        "  - {type: dense, name: left, inputs: u, units: 6}\n"
        "  - {type: dense, name: right, inputs: v, units: 7}\n"
        "  - {type: plus, name: both, inputs: [left, right]}\n"
    )
    ((code, line, message),) = refused(body)
    assert (code, line) == ("E303", 10)
    for part in ("`both`", "`left`", "[6]", "`right`", "[7]"):
        assert part in message


def test_inner_values_get_names_of_their_own() -> None:
    body = (
        "input: {x: [4]}\ndefine:\n  layers:\n"
        '    own: {input: "x[n,i]", formula: "s[n,i] = x[n,i]**2\\n y[n,i] = s[n,i] + 1"}\n'
        "layers:\n  - {type: own, name: a, activation: silu}\n"
    )
    made = graph(body)
    assert dict(node(made, "a").binding) == {"x": "x", "s": "s_a", "y": "y_a"}
    assert dict(node(made, "a.silu").binding) == {"z": "y_a", "s": "s_a_silu", "y": "a_a"}


@pytest.mark.parametrize("name", ["W_fc", "z_fc", "t", "loss", "np", "in", "ws", "print"])
def test_an_input_cannot_have_a_name_of_generated_code(name: str) -> None:
    assert {code for code, _, _ in refused(f"input: {{{name}: [4]}}")} <= {"E209", "E307"}
    assert refused(f"input: {{{name}: [4]}}")


def test_several_problems_are_found_at_once() -> None:
    found = refused(
        "input: {x: [4]}\nlayers:\n"
        "  - {type: dense, name: a, units: 3, colour: red, activation: rellu}\n"
        "  - {type: dense, name: b, units: 2, inputs: c}\n"
        "  - {type: dense, name: d, units: 4, inputs: a, share: {W: a.V}}\n",
        loss="{type: mse, target: x, l2: -1}",
    )
    assert [(code, line) for code, line, _ in found] == [
        ("E201", 5),
        ("E205", 5),
        ("E301", 6),
        ("E301", 7),
        ("E204", 9),
    ]


def test_a_deep_network_has_one_unit_a_kind() -> None:
    layers = "".join(f"  - {{type: dense, name: fc{k}, units: 4, activation: tanh}}\n" for k in range(400))
    made = graph(f"input: {{x: [4]}}\nlayers:\n{layers}")
    assert len({id(n.unit) for n in made.nodes}) == 3
    assert len(made.nodes) == 801

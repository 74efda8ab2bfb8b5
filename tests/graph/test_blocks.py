"""Blocks, layers in any order, shared and frozen blocks: names, wiring, the order of computation."""

from __future__ import annotations

from .networks import graph, node, refused

X = "input: {x: [4]}\nlayers:\n"


def names(body: str) -> list[str]:
    return [row.name for row in graph(X + body).rows]


def test_copies_are_numbered_and_a_residual_adds_no_level() -> None:
    made = graph(
        X + "  - type: repeat\n    name: block\n    times: 2\n    layers:\n"
        "      - {type: dense, name: up, units: 4}\n"
        "      - type: residual\n        layers:\n"
        "          - {type: dense, units: 4, activation: relu}\n"
        "          - {type: dense, name: down, units: 4}\n"
        "  - {type: dense, units: 2}\n"
    )
    assert [row.name for row in made.rows] == [
        f"block.{k}.{name}" for k in (0, 1) for name in ("up", "dense_2", "down", "residual_1")
    ] + ["dense_1"]
    assert made.parameters[0].tensor.label == "block.0.up.W"
    assert made.parameters[0].tensor.name == "W_block_0_up"
    assert dict(node(made, "block.0.residual_1").binding) == {
        "x1": "z_block_0_up", "x2": "z_block_0_down", "y": "y_block_0_residual_1",
    }  # fmt: skip
    assert dict(node(made, "block.1.up").binding)["x"] == "y_block_0_residual_1"
    assert made.rows[3].description == "residual"


def test_copies_are_one_unit_each() -> None:
    body = "  - {type: repeat, times: 30, layers: [{type: residual, layers: [{type: dense, units: 4}]}]}\n"
    made = graph(X + body)
    assert len(made.nodes) == 61
    assert len({n.unit.key for n in made.nodes}) == 3


def test_a_shortcut_brings_the_input_to_the_shape_of_the_inner_layers() -> None:
    made = graph(
        X + "  - type: residual\n    name: wide\n    activation: relu\n"
        "    shortcut: [{type: dense, name: short, units: 7, bias: false}]\n"
        "    layers: [{type: dense, name: inner, units: 7}]\n"
    )
    assert [row.name for row in made.rows] == ["inner", "short", "wide"]
    assert [dict(node(made, "wide").binding)[x] for x in ("x1", "x2")] == ["z_short", "z_inner"]
    assert [o.tensor for o in made.outputs] == ["a_wide"]


def test_within_a_block_input_is_what_it_reads() -> None:
    made = graph(
        X + "  - {type: dense, name: stem, units: 3}\n"
        "  - type: repeat\n    name: grow\n    times: 2\n    layers:\n"
        "      - {type: dense, name: new, units: 3}\n"
        "      - {type: bilinear, name: both, inputs: [new, input], units: 3}\n"
    )
    assert dict(node(made, "grow.0.both").binding)["z"] == "z_stem"
    assert dict(node(made, "grow.1.both").binding)["z"] == "z_grow_0_both"
    assert dict(node(made, "grow.1.both").binding)["x"] == "z_grow_1_new"


def test_blocks_and_their_layers_are_read_by_name() -> None:
    made = graph(
        X + "  - {type: repeat, name: b, times: 3, layers: [{type: dense, name: fc, units: 4}]}\n"
        "  - {type: sequential, name: s, layers: "
        "[{type: dense, name: fc, units: 4}, {type: dense, name: end, units: 4}]}\n"
        "  - {type: add, inputs: [b, b.1, b.0.fc, s, s.fc]}\n"
    )
    bound = dict(node(made, "add_1").binding)
    assert [bound[f"x{k}"] for k in range(1, 6)] == ["z_b_2_fc", "z_b_1_fc", "z_b_0_fc", "z_s_end", "z_s_fc"]


def test_layers_may_stand_in_any_order() -> None:
    made = graph(
        X + "  - {type: dense, name: a, inputs: c, units: 2}\n"
        "  - {type: dense, name: b, inputs: x, units: 3}\n"
        "  - {type: dense, name: c, inputs: b, units: 4}\n",
        loss="{type: mse, inputs: a}",
    )  # the last layer of the list is the output
    assert [n.name for n in made.nodes][:3] == ["b", "c", "a"]
    assert [row.name for row in made.rows] == ["a", "b", "c"]
    assert [p.tensor.label for p in made.parameters] == [f"{name}.{p}" for name in "abc" for p in "Wb"]
    assert [o.label for o in made.outputs] == ["c"]


def test_a_whole_block_is_shared() -> None:
    made = graph(
        "input: {a: [4], b: [4], c: [4]}\nlayers:\n"
        "  - type: sequential\n    name: tower\n    inputs: a\n    layers:\n"
        "      - {type: dense, name: one, units: 5, activation: prelu, init: {W: he_normal}}\n"
        "      - {type: repeat, name: more, times: 2, layers: [{type: dense, name: fc, units: 5}]}\n"
        "  - {type: sequential, name: again, inputs: b, share: tower}\n"
        "  - {type: sequential, name: third, inputs: c, share: again}\n"
        "  - {type: add, inputs: [tower, again, third]}\n"
    )
    assert [p.tensor.label for p in made.parameters] == [
        "tower.one.W", "tower.one.b", "tower.one.alpha", "tower.more.0.fc.W", "tower.more.0.fc.b",
        "tower.more.1.fc.W", "tower.more.1.fc.b",
    ]  # fmt: skip
    for block in ("again", "third"):
        assert dict(node(made, f"{block}.more.1.fc").binding)["W"] == "W_tower_more_1_fc"
        assert dict(node(made, f"{block}.one.prelu").binding)["alpha"] == "alpha_tower_one"


def test_tied_copies_share_the_parameters_of_the_first() -> None:
    made = graph(X + "  - {type: repeat, name: r, times: 3, tied: true, layers: [{type: dense, name: fc, units: 4}]}\n")
    assert [p.tensor.label for p in made.parameters] == ["r.0.fc.W", "r.0.fc.b"]
    assert [dict(n.binding)["W"] for n in made.nodes[:3]] == ["W_r_0_fc"] * 3


def test_parameters_of_blocks_are_shared_by_their_whole_names() -> None:
    made = graph(
        X + "  - {type: repeat, name: r, times: 2, layers: [{type: dense, name: fc, units: 4}]}\n"
        "  - {type: dense, name: tied, units: 4, share: {W: r.1.fc.W.T}}\n"
        "  - {type: sequential, name: s, layers: [{type: dense, name: a, units: 4}, "
        "{type: dense, name: b, units: 4, share: a}]}\n"
    )
    assert dict(node(made, "tied").binding)["W"] == "W_r_1_fc"
    assert node(made, "tied").transposed == ("W",)
    assert dict(node(made, "s.b").binding)["W"] == "W_s_a"


def test_a_problem_of_a_repeated_layer_is_said_once() -> None:
    found = refused(X + "  - {type: repeat, times: 50, layers: [{type: dense, units: 4, init: {W: [1, 2]}}]}\n")
    assert [code for code, _, _ in found] == ["E306"]


TRANSFORMER = "units: 4, heads: 2, hidden: 3"
TWO = "sizes: {T: any, S: any}\ninput: {x: [S, 4], z: [T, 4]}\nlayers:\n"


def test_a_declared_block_has_the_layers_that_its_declaration_says() -> None:
    made = graph(f"{TWO}  - {{type: transformer, name: t, inputs: [x, z], {TRANSFORMER}, encoder_layers: 1}}\n")
    assert [row.name for row in made.rows][:8] == [
        f"t.encoder.0.{name}" for name in ("attn", "residual_1", "norm1", "up", "down", "residual_2", "norm2")
    ] + ["t.memory"]
    assert dict(node(made, "t.decoder.0.attn").binding)["x"] == "z"
    for k in (0, 5):  # every copy reads what the encoder made
        assert dict(node(made, f"t.decoder.{k}.cross").binding)["memory"] == "y_t_memory"
    assert not any("dropout" in row.name for row in made.rows)


def test_keys_of_a_declared_block_choose_and_reach_its_layers() -> None:
    keys = f"{TRANSFORMER}, norm_first: true, dropout: 0.2, causal: true, nonlinearity: gelu"
    entry = f"  - {{type: transformer_encoder, name: e, {keys}}}\n"
    made = graph(f"sizes: {{T: any}}\ninput: {{x: [T, 4]}}\nlayers:\n{entry}")
    assert [row.name for row in made.rows][:4] == [f"e.0.{n}" for n in ("norm1", "attn", "dropout_1", "residual_1")]
    assert next(r for r in made.rows if r.name == "e.0.up").description == "dense, gelu"


def test_names_outside_of_a_declared_block_are_not_taken_for_those_inside() -> None:
    made = graph(
        "sizes: {T: any}\ninput: {x: [T, 4], attn: [T]}\ninput_type: {attn: integer}\nlayers:\n"
        f"  - {{type: transformer_encoder, name: e, inputs: x, {TRANSFORMER}, times: 2, mask: attn}}\n"
    )
    assert dict(node(made, "e.1.attn").binding)["mask"] == "attn"


def test_declared_blocks_share_and_are_tied() -> None:
    made = graph(
        f"{TWO}  - {{type: transformer_encoder, name: one, inputs: x, {TRANSFORMER}, times: 2, tied: true}}\n"
        f"  - {{type: transformer_encoder, name: two, inputs: z, {TRANSFORMER}, share: one}}\n"
        "  - {type: cross_attention, name: c, inputs: [two, one], heads: 1}\n"
    )
    owners = {p.tensor.label.rpartition(".")[0] for p in made.parameters}
    assert owners == {*(f"one.0.{n}" for n in ("attn", "norm1", "up", "down", "norm2")), "c"}


def test_blocks_that_share_parameters_share_what_is_computed_of_them() -> None:
    layer = "{type: dense, name: fc, units: 4, parametrize: {W: weight_norm}}"
    made = graph(f"{X}  - {{type: repeat, name: block, times: 3, tied: true, layers: [{layer}]}}\n")
    assert [p.tensor.label for p in made.parameters] == ["block.0.fc.W", "block.0.fc.b", "block.0.fc.W_g"]
    assert {dict(node(made, f"block.{k}.fc").binding)["W"] for k in range(3)} == {"W_used_block_0_fc"}

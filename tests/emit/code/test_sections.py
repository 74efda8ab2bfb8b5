"""Long bodies in sections: one for each layer, which binds what it is the first to use."""

from __future__ import annotations

from symbp.emit.model import Line
from symbp.emit.sections import Section, with_arrays

LAYERS = ("first", "other", "third", "after")
NAMES = [f"{stem}_{layer}" for layer in LAYERS for stem in ("product", "ratio", "square")]
GROUPS = [tuple(NAMES[k : k + 3]) for k in range(0, 12, 3)]


def section(layer: str, names: tuple[str, ...]) -> Section:
    return Section(f"{layer}: dense", tuple(Line(f"np.exp({name}, out={name})", "1.1") for name in names))


def texts(*sections: Section, made: tuple[str, ...] = (), returned: tuple[str, ...] = ()) -> list[str]:
    names = list(dict.fromkeys([*NAMES, *returned]))
    return [line.text for line in with_arrays(sections, names, made, returned)]


def test_a_short_body_binds_its_arrays_in_front() -> None:
    lines = texts(section("first", ("product_first",)), section("other", ("product_other", "product_first")))
    assert lines[0] == "product_first, product_other = ws.product_first, ws.product_other"
    assert not any(line.startswith("#") or not line for line in lines)


def test_a_long_body_binds_each_array_where_it_is_used_first_and_only_there() -> None:
    last = (*GROUPS[3], "product_first")  # bound by the first section already
    lines = texts(*map(section, LAYERS, (*GROUPS[:3], last)))
    heads = [k for k, line in enumerate(lines) if line.startswith("# ")]
    assert [lines[k] for k in heads] == [f"# {layer}: dense" for layer in LAYERS]
    assert all(not lines[k - 1] for k in heads)
    for k, names in zip(heads, GROUPS, strict=True):
        assert lines[k + 1] == f"{', '.join(names)} = {', '.join(f'ws.{name}' for name in names)}"
    assert sum("ws.product_first" in line for line in lines) == 1


def test_neighbours_of_one_layer_are_one_section_and_what_belongs_to_none_joins_the_one_before() -> None:
    own = (section("first", GROUPS[0][:2]), section("first", GROUPS[0][2:]), section("other", GROUPS[1]))
    lines = texts(*own, Section("", section("", tuple(NAMES[6:])).lines))
    assert [line for line in lines if line.startswith("# ")] == ["# first: dense", "# other: dense"]


def test_what_a_body_returns_is_bound_and_what_it_makes_is_not() -> None:
    lines = texts(*map(section, LAYERS, GROUPS), made=(NAMES[0],), returned=("dx",))
    assert not any(f"ws.{NAMES[0]}" in line for line in lines)
    assert any("ws.dx" in line for line in lines[lines.index("# after: dense") :])

"""Classes of `symbp.notation.records` are as those of the standard library: each is made by both and compared."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from symbp.notation import records
from symbp.notation.records import dataclass

Decorator = Callable[..., Any]


def elsewhere(**options: bool) -> Decorator:
    """The decorator as it is on a version of Python that was not checked."""

    def made(cls: type) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "CHECKED", ())
            return dataclass(**options)(cls)

    return made


BOTH = pytest.mark.parametrize(
    "made", [dataclass, dataclasses.dataclass, elsewhere], ids=["quick", "library", "elsewhere"]
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Stands in a module, so that it can be pickled."""

    a: int
    b: tuple[int, ...] = ()


def _plain(made: Decorator, **options: bool) -> Any:
    @made(**options)
    class Plain:
        first: int
        second: str = "two"
        third: tuple[int, ...] = ()

        @property
        def double(self) -> int:
            return 2 * self.first

    return Plain


def _tree(made: Decorator) -> tuple[Any, Any]:
    """A class with a remark that is not compared, and one below it with fields of its own."""

    @made(frozen=True, slots=True)
    class Node:
        where: str = dataclasses.field(default="", compare=False, repr=False, kw_only=True)

    @made(frozen=True, slots=True)
    class Leaf(Node):
        name: str
        size: int = 1

    return Node, Leaf


def _builder(made: Decorator, slots: bool) -> Any:
    @made(slots=slots)
    class Builder:
        start: int
        found: list[int] = dataclasses.field(default_factory=list)
        named: dict[str, int] = dataclasses.field(default_factory=dict)
        most: int = 3

        def __post_init__(self) -> None:
            self.found.append(self.start)

    return Builder


@BOTH
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("slots", [True, False])
def test_fields_by_place_and_by_name_defaults_and_comparison(made: Decorator, frozen: bool, slots: bool) -> None:
    cls = _plain(made, frozen=frozen, slots=slots)
    a, b = cls(1), cls(first=1, second="two", third=())
    assert a == b and a != cls(2) and a != (1, "two", ()) and a.double == 2
    assert repr(cls(1, third=(4,))).endswith("Plain(first=1, second='two', third=(4,))")
    assert [(f.name, f.type) for f in dataclasses.fields(cls)] == list(cls.__annotations__.items())
    assert [f.default for f in dataclasses.fields(cls)[1:]] == ["two", ()]
    assert dataclasses.replace(a, second="x") == cls(1, "x") and dataclasses.asdict(a)["third"] == ()
    assert dataclasses.is_dataclass(cls) and cls.__match_args__ == ("first", "second", "third")
    assert hasattr(a, "__dict__") is not slots
    match cls(5, "six"):
        case cls(first, second):
            assert (first, second) == (5, "six")
    for wrong in ((), (1, "", (), 4)):
        with pytest.raises(TypeError):
            cls(*wrong)
    with pytest.raises(TypeError):
        cls(1, fourth=1)


@BOTH
@pytest.mark.parametrize("slots", [True, False])
def test_frozen_ones_do_not_change_and_can_be_keys(made: Decorator, slots: bool) -> None:
    cls = _plain(made, frozen=True, slots=slots)
    assert hash(cls(1)) == hash((1, "two", ())) and {cls(1): 1}[cls(1)] == 1
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'first'"):
        cls(1).first = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'first'"):
        del cls(1).first
    assert copy.copy(cls(1)) == copy.deepcopy(cls(1)) == cls(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(_plain(made, slots=slots)(1))


def test_other_versions_of_python_have_the_library_s() -> None:
    assert _plain(elsewhere).__repr__ is not records._text and _plain(dataclass).__repr__ is records._text


def test_kept_ones_are_read_again() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, (2,)))) == Kept(1, (2,))
    assert str(inspect.signature(Kept)).startswith("(a, b=")


@BOTH
def test_what_is_not_compared_is_given_by_name_and_inherited(made: Decorator) -> None:
    node, leaf = _tree(made)
    a = leaf("x", where="line 1")
    assert a == leaf("x", 1, where="line 2") and hash(a) == hash(leaf("x")) and a.where == "line 1"
    assert node() == node(where="here") and node() != leaf("x")
    assert repr(a).endswith("Leaf(name='x', size=1)") and leaf.__match_args__ == ("name", "size")
    assert [f.name for f in dataclasses.fields(leaf)] == ["where", "name", "size"]
    assert dataclasses.replace(a, size=3) == leaf("x", 3) and dataclasses.replace(a, size=3).where == "line 1"
    assert isinstance(a, node) and not hasattr(a, "__dict__")
    with pytest.raises(TypeError):
        leaf("x", 1, "line 1")


@BOTH
@pytest.mark.parametrize("slots", [True, False])
def test_factories_make_what_is_not_given(made: Decorator, slots: bool) -> None:
    cls = _builder(made, slots)
    a, b, given = cls(1), cls(2), [0]
    assert (a.found, b.found, a.named, a.most) == ([1], [2], {}, 3) and a.named is not b.named
    assert cls(3, given).found is given and given == [0, 3] and cls(4, found=given, most=5).found is given
    a.most = 7
    assert a != cls(1) and repr(a).endswith("Builder(start=1, found=[1], named={}, most=7)")
    with pytest.raises(TypeError):
        cls(1, [], found=[])


@BOTH
def test_what_is_no_parameter_and_what_is_wrong_are_the_library_s(made: Decorator) -> None:
    @made(frozen=True, slots=True, eq=False)
    class Known:
        kind: ClassVar[str] = "known"
        name: str
        length: int = dataclasses.field(init=False, default=0)

    assert Known("x") != Known("x") and Known("x").kind == "known" and Known("x").length == 0
    assert [f.name for f in dataclasses.fields(Known)] == ["name", "length"]
    with pytest.raises(ValueError, match="mutable default"):
        made(frozen=True)(type("Wrong", (), {"__annotations__": {"a": "list[int]"}, "a": []}))
    with pytest.raises(TypeError, match=r"without a default|non-default argument"):
        made(frozen=True)(type("Wrong", (), {"__annotations__": {"a": "int", "b": "int"}, "a": 1}))
    with pytest.raises(TypeError, match="frozen"):
        made(slots=True)(type("Wrong", (Known,), {"__annotations__": {"a": "int"}}))


def test_a_class_of_the_library_below_a_quick_one_has_its_fields() -> None:
    @dataclasses.dataclass(frozen=True, slots=True, order=True)
    class Below(Kept):  # type: ignore[misc]
        c: int = 0

    assert Below(1, c=2) < Below(2) and [f.name for f in dataclasses.fields(Below)] == ["a", "b", "c"]


def test_a_redefined_field_keeps_its_place() -> None:
    for made in (dataclass, dataclasses.dataclass):

        @made(frozen=True, slots=True)
        class Base:
            a: int
            b: int = 1

        @made(frozen=True, slots=True)
        class Narrow(Base):
            a: bool  # type: ignore[misc]
            c: int = 2

        assert Narrow(True) == Narrow(True, 1, 2) and Narrow.__match_args__ == ("a", "b", "c")

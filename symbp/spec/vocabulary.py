"""The types that a spec may name, and a strict model for each, made from its declaration.

A model is made when its type is first used: a spec uses a handful of the hundred types of the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    create_model,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from symbp.library import registry
from symbp.library.declaration import (
    REQUIRED,
    Activation,
    Block,
    Initializer,
    Key,
    Layer,
    Loss,
    Optimizer,
    Parametrization,
    Schedule,
)
from symbp.notation.problems import did_you_mean
from symbp.spec.arrays import Numbers
from symbp.spec.axes import order, shape
from symbp.spec.integers import integers, padding
from symbp.spec.strict import Name, Names, Reference, Share, Size, Strict, as_list, described, detail, problem, raise_at

Typed = Layer | Block | Activation | Loss | Optimizer | Schedule | Initializer | Parametrization
KIND_OF_ENTRY = "x-kind"  # in a JSON schema: any entry of this kind
MOST = 64  # entries in a list of losses
KINDS = ("layer", "activation", "loss", "optimizer", "schedule", "initializer", "parametrization")


class Entry(Strict):
    """One entry with a `type`; its other keys are those that the declaration of the type lists."""

    type: str

    def __getitem__(self, key: str) -> Any:
        """The value of a key, its default where the spec does not give it."""
        return getattr(self, key)


@dataclass(frozen=True)
class Vocabulary:
    """The types of the library and those that a spec defines.

    `defined` maps a kind to the spec's own declarations.  `wrong` holds (kind, type) of definitions that have problems:
    these are reported at the definition, and an entry of such a type is not checked.
    """

    defined: Mapping[str, Mapping[str, Typed]] = field(default_factory=dict)
    wrong: frozenset[tuple[str, str]] = frozenset()

    def declaration(self, kind: str, type_: str) -> Typed | None:
        """The declaration of a type; the library comes first."""
        return library(kind).get(type_) or self.defined.get(kind, {}).get(type_)

    def names(self, kind: str) -> list[str]:
        return sorted({*library(kind), *self.defined.get(kind, {})})

    def model(self, kind: str, type_: str) -> type[Entry]:
        """The model of the entries of this type.  Raises an error with the nearest name where there is no such type."""
        declaration = self.declaration(kind, type_)
        if declaration is None and (kind, type_) not in self.wrong:
            others = [
                _article(other) for other in KINDS if other != kind and self.declaration(other, type_) is not None
            ]
            hint = f"{type_} is {others[0]}" if others else did_you_mean(type_, self.names(kind))
            hint = hint or f"`symbp list {plural(kind)}` names them all"
            raise_at([(("type",), problem("E205", f"there is no {kind} {type_!r}", hint))], type_)
        if declaration is None:
            return UncheckedLayer if kind == "layer" else Unchecked
        return model_of(kind, declaration)


def plural(kind: str) -> str:
    return "losses" if kind == "loss" else f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"


@cache
def library(kind: str) -> Mapping[str, Typed]:
    """The declarations of a kind, by type.  Blocks, which have layers inside, are layers."""
    found: dict[str, Any] = {
        "layer": lambda: dict(sorted({**registry.layers(), **registry.blocks()}.items())),
        "activation": registry.activations,
        "loss": registry.losses,
        "optimizer": registry.optimizers,
        "schedule": registry.schedules,
        "initializer": registry.initializers,
        "parametrization": registry.parametrizations,
    }
    return cast(Mapping[str, Typed], found[kind]())


@dataclass(frozen=True)
class OneOf:
    """Annotation of a field that holds an entry of one of the types of a `kind`, or the bare name of a type."""

    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validate, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {KIND_OF_ENTRY: self.kind}  # pydantic resolves references at once, and this one is not made yet

    def _validate(self, value: Any, info: ValidationInfo) -> Any:
        vocabulary = info.context if isinstance(info.context, Vocabulary) else Vocabulary()
        if isinstance(value, Entry):
            value = value.model_dump(exclude_unset=True)
        if self.kind == "initializer" and isinstance(value, list | tuple | int | float) and not isinstance(value, bool):
            value = {"type": "numbers", "values": value}
        entry = {"type": value} if isinstance(value, str) else value
        if not isinstance(entry, dict):
            wanted = f"the type of {_article(self.kind)}, or a mapping with `type`"
            raise problem("E203", f"{wanted}, is expected, found {described(value)}")
        if "type" not in entry:
            raise problem("E202", "`type` is missing", f"the name of {_article(self.kind)}")
        type_ = entry["type"]
        if not isinstance(type_, str):
            wrong = problem("E203", f"the type of {_article(self.kind)} is text, found {described(type_)}")
            raise_at([(("type",), wrong)], entry)
        return vocabulary.model(self.kind, type_).model_validate(entry, context=vocabulary)


@dataclass(frozen=True)
class OneOrMore(OneOf):
    """Annotation of a field that holds one entry of a kind, or a list of them."""

    def _validate(self, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, list | tuple):
            return super()._validate(value, info)
        if not 1 <= len(value) <= MOST:
            raise problem("E204", f"a list of {plural(self.kind)} has from 1 to {MOST} entries, found {len(value)}")
        found, wrong = [], []
        for place, entry in enumerate(value):
            try:
                found.append(super()._validate(entry, info))
            except (ValidationError, PydanticCustomError) as error:
                wrong += _below(place, entry, error)
        if wrong:
            raise ValidationError.from_exception_data(self.kind, wrong)
        return found

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        one = {KIND_OF_ENTRY: self.kind}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MOST}]}


def _below(place: int, entry: Any, error: ValidationError | PydanticCustomError) -> list[InitErrorDetails]:
    """The errors of an entry of a list."""
    if isinstance(error, PydanticCustomError):
        return [InitErrorDetails(type=error, loc=(place,), input=entry)]
    return [detail(e, (place, *e["loc"])) for e in error.errors(include_url=False)]


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _plain(entry: Any) -> Any:
    if isinstance(entry, list):
        return [_plain(each) for each in entry]
    return entry.model_dump(exclude_unset=True) if isinstance(entry, Entry) else entry


class NodeEntry(Entry):
    """The keys that layers and blocks take."""

    name: Name | None = None
    """default: the type and a number, such as dense_1"""
    inputs: Names | None = None
    """the layers or inputs that it reads; default: the layer before it"""
    share: Share | None = None
    """parameters of another layer: a layer, or {W: fc1.W}; {W: fc1.W.T} is transposed"""
    freeze: bool = False
    """whether its own parameters keep their values: no gradient is computed for them"""


class LayerEntry(NodeEntry):
    """The keys that every layer takes."""

    activation: Annotated[Entry, OneOf("activation")] | None = None
    """a pointwise function of its output: a type, or a mapping with `type` and keys"""
    init: dict[str, Annotated[Entry, OneOf("initializer")]] = Field(default_factory=dict)
    """how parameters start: {W: he_normal}"""
    parametrize: dict[str, Annotated[Entry, OneOf("parametrization")]] = Field(default_factory=dict)
    """how weights are computed from what is trained: {W: weight_norm}"""


Inner = Annotated[
    list[Annotated[NodeEntry, OneOf("layer")]], BeforeValidator(as_list), Field(min_length=1, max_length=20_000)
]


class BlockEntry(NodeEntry):
    """A layer with layers inside.  A block that shares the parameters of another one may leave its layers out."""

    layers: Inner | None = None
    """the inner layers in order; the first reads what the block reads, by the name `input` the others may too"""


class UncheckedLayer(LayerEntry):
    """A layer of a type whose definition is wrong: any keys; `layers` are checked."""

    model_config = ConfigDict(extra="allow")

    type: str
    layers: list[Annotated[NodeEntry, OneOf("layer")]] = Field(default_factory=list)


class Unchecked(Entry):
    """An entry of a type whose definition is wrong: reported there, not here."""

    model_config = ConfigDict(extra="allow")


class ActivationEntry(Entry):
    pass


class LossEntry(Entry):
    """The keys that every loss takes."""

    name: Name | None = None
    """how targets and records of a training name it; default: what it reads, if that is one layer, else its type"""
    inputs: Names | None = None
    """the layers that it reads; default: the output of the network"""
    target: Name | None = None
    """the name of an input that is the target; default: the array y of each call, or its part with the loss's name"""
    weight: float = Field(1.0, gt=0.0)
    """by what it is multiplied in the sum of all losses"""


class OptimizerEntry(Entry):
    """The keys that every optimizer takes."""

    schedule: Annotated[Entry, OneOf("schedule")] | None = None
    """how the learning rate changes from step to step; default: constant"""


class ScheduleEntry(Entry):
    pass


class InitializerEntry(Entry):
    pass


class ParametrizationEntry(Entry):
    pass


BASES: dict[str, type[Entry]] = {
    "layer": LayerEntry,
    "activation": ActivationEntry,
    "loss": LossEntry,
    "optimizer": OptimizerEntry,
    "schedule": ScheduleEntry,
    "initializer": InitializerEntry,
    "parametrization": ParametrizationEntry,
}
_LEARNING_RATE = Key("lr", "number", REQUIRED, minimum=0.0, open_minimum=True, doc="learning rate")


def common_keys(kind: str) -> frozenset[str]:
    """The keys that every entry of a kind takes."""
    keys = set(BASES[kind].model_fields)
    if kind == "loss":
        keys |= set(registry.penalties())
    if kind == "optimizer":
        keys |= {"lr", *registry.clips()}
    return frozenset(keys)


def keys_of(kind: str, declaration: Typed) -> tuple[Key, ...]:
    """The keys of a declaration and those that the library adds to its kind (penalties, clips, data arrays)."""
    keys = list(declaration.keys)
    names = {key.name for key in keys}
    if isinstance(declaration, Loss):
        keys += [
            Key(name, "numbers", None, doc=f"numbers with the axes {axes}, as in the formula")
            for name, axes in declaration.arrays
            if name not in names
        ]
        keys += [Key(p.type, "number", None, minimum=0.0, doc=p.summary) for p in registry.penalties().values()]
    if isinstance(declaration, Optimizer):
        keys = ([] if "lr" in names else [_LEARNING_RATE]) + keys
        keys += [
            Key(c.type, "number", None, minimum=0.0, open_minimum=True, doc=c.summary)
            for c in registry.clips().values()
        ]
    return tuple(key for key in keys if key.name not in BASES[kind].model_fields)


@cache
def model_of(kind: str, declaration: Typed) -> type[Entry]:
    """The strict model of the entries of one declared type."""
    fields: dict[str, Any] = {"type": (Literal[declaration.type], ...)}
    for key in keys_of(kind, declaration):
        fields[key.name] = _field(key)
    base = BASES[kind]
    if isinstance(declaration, Block):
        base, fields = NodeEntry if declaration.inner else BlockEntry, fields | _block_fields(declaration)
    name = f"{kind}_{declaration.type}"
    return cast(type[Entry], create_model(name, __base__=base, __doc__=declaration.summary, **fields))


def _block_fields(declaration: Block) -> dict[str, Any]:
    """What a block takes because of what it does with its input."""
    fields: dict[str, Any] = {}
    if declaration.merge:
        inner, doc = LayerEntry.model_fields["activation"], "a pointwise function of the merged value"
        fields["activation"] = (inner.annotation, Field(None, description=doc))
    if declaration.branch:
        doc = "layers through which the input goes to the merge; default: as it is"
        fields[declaration.branch] = (Inner | None, Field(None, description=doc))
    return fields


def _choice(key: Key) -> Any:
    """One of the words of a key; ``true`` and ``false`` among them are booleans in a spec."""
    words: Any = Literal[key.choices] if key.choices else str
    if not {"true", "false"} & set(key.choices):
        return words
    values = [{"true": True, "false": False}.get(word, word) for word in key.choices]
    return Annotated[words, BeforeValidator(_word), WithJsonSchema({"enum": values})]


def _word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _field(key: Key) -> tuple[Any, Any]:
    """The annotation and default of a key."""
    limits: dict[str, Any] = {}
    if key.minimum is not None:
        limits["gt" if key.open_minimum else "ge"] = key.minimum
    if key.maximum is not None:
        limits["lt" if key.open_maximum else "le"] = key.maximum
    types: dict[str, Any] = {
        "integer": int,
        "number": float,
        "boolean": bool,
        "choice": _choice(key),
        "numbers": Numbers,
        "size": Size,
        "axis": Name,
        "value": Reference,
        "integers": integers(key),
        "padding": padding(key),
        "shape": shape(key),
        "order": order(key),
        "pair": order(key),
        "place": int,
        "index": int,
        "init": Annotated[Entry, OneOf("initializer")],
        "activation": Annotated[Entry, OneOf("activation")],
        "schedule": Annotated[Entry, OneOf("schedule")],
    }
    annotation = types[key.kind]
    if limits and key.kind in ("integer", "number"):
        annotation = Annotated[annotation, Field(**limits)]
    default = ... if key.default == REQUIRED else key.default
    if default is None:
        annotation = annotation | None
    return annotation, Field(default, description=key.doc or None)


def union_of(kind: str) -> TypeAdapter[Any]:
    """Every model of the library of one kind as a union discriminated by `type`: what the JSON schema is made from."""
    models = [model_of(kind, declaration) for declaration in library(kind).values()]
    union: Any = reduce(or_, models)
    tagged: Any = Annotated[union, Field(discriminator="type")] if len(models) > 1 else union
    adapter: TypeAdapter[Any] = TypeAdapter(tagged)
    return adapter

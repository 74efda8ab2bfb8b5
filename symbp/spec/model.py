"""A spec: the declaration of a network, as a strict model, the same whether read from YAML or built in Python."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    PlainValidator,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from symbp.errors import Problem, SpecError
from symbp.spec.definitions import Define, vocabulary_of
from symbp.spec.findings import problems_of
from symbp.spec.origin import Origin
from symbp.spec.strict import (
    FreeOrSized,
    MicroBatch,
    Name,
    Names,
    Positive,
    Shape,
    Strict,
    Version,
    described,
    problem,
)
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import Inner, LossEntry, OneOf, OneOrMore, OptimizerEntry, Vocabulary

_TAKEN = frozenset(sys.stdlib_module_names) | frozenset(dir(builtins)) | {"numpy", "test"}


def _module_name(value: object) -> str:
    if not isinstance(value, str):
        raise problem("E203", f"`name` must be text, found {described(value)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        hint = "lower-case letters, digits and underscores, a letter first: it is the name of the generated module"
        raise problem("E206", f"{value!r} is not the name of a module", hint)
    if is_taken(value):
        hint = "words of Python, builtins, modules of the standard library and numpy keep their names"
        raise problem("E209", f"the name {value!r} is taken", hint)
    return value


def is_taken(name: str) -> bool:
    """Whether a generated module of this name would hide something of Python or NumPy."""
    return keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in _TAKEN


ModuleName = Annotated[
    str, PlainValidator(_module_name), WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"})
]


class Stop(Strict):
    """When training stops by itself."""

    loss_below: float
    """the mean loss of an epoch's batches is below this"""


class Train(Strict):
    """How the network is trained; the arguments of `fit` win over it."""

    optimizer: Annotated[OptimizerEntry, OneOf("optimizer")]
    """the update of the weights, with its clips and its schedule"""
    epochs: int = Field(10, ge=1, le=10**9)
    """passes over the data"""
    batch_size: int = Field(32, ge=1, le=2**31 - 1)
    """samples a step; a last, shorter batch is trained too"""
    micro_batch_size: MicroBatch = "auto"
    """samples that pass through the network together, in less memory; the gradients of a batch are added up; \
`off`: all of them; `auto`: as it pays"""
    typical_sizes: dict[Name, Positive] = Field(default_factory=dict)
    """what sizes that are `any` will mostly be, as choices by cost expect them: {T: 64}; 16 where nothing is said"""
    seed: int = Field(0, ge=0, le=2**63 - 1)
    """of initial values, shuffling and dropout"""
    deterministic: bool = False
    """results do not depend on `threads`: the two halves of a batch are also apart on one thread"""
    stop: Stop | None = None
    """a condition that ends training early"""


Losses = Annotated[LossEntry | list[LossEntry], OneOrMore("loss")]
_Kind = Literal["real", "integer"]


def _input_type(value: object) -> Any:
    if isinstance(value, dict):
        return TypeAdapter(dict[Name, _Kind]).validate_python(value)
    return TypeAdapter(_Kind).validate_python(value)


class RandomInput(Strict):
    """An array that every training step draws, and that layers read like an input."""

    shape: Shape
    """without the batch axis"""
    distribution: Literal["normal", "uniform", "bernoulli"] = "normal"
    """normal (mean 0, variance 1), uniform (from 0 to 1) or bernoulli (0 or 1)"""
    probability: float = Field(0.5, ge=0.0, le=1.0)
    """of 1, for bernoulli"""
    still: float = 0.0
    """its value wherever nothing is drawn, as in a prediction"""


_KIND_SCHEMA = {"enum": ["real", "integer"]}
InputType = Annotated[
    Any,
    PlainValidator(_input_type),
    WithJsonSchema({"anyOf": [_KIND_SCHEMA, {"type": "object", "additionalProperties": _KIND_SCHEMA}]}),
]


class Spec(Strict):
    """The declaration of a network.

    ``Spec(symbp=1, name="xor", input={"x": [2]}, layers=[{"type": "dense", "units": 1}], loss="mse")`` checks
    everything and raises SpecError with all problems.
    """

    symbp: Version
    """the version of the spec language: 1"""
    name: Annotated[
        str, PlainValidator(_module_name), WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"})
    ]
    """the name of the network and of its module"""
    dtype: Literal["float32", "float64"] = "float32"
    """the type of all real numbers of the module"""
    input: Annotated[dict[Name, Shape], Field(min_length=1, max_length=64)]
    """the shape of each input without the batch axis: {x: [784]}"""
    input_type: InputType = "real"
    """real or integer, for all inputs or by input name"""
    sizes: dict[Name, FreeOrSized] = Field(default_factory=dict)
    """names for sizes; `any` is a size that each call's array fixes"""
    axes: dict[Name, list[Name]] = Field(default_factory=dict)
    """names of the axes of an input, where its number of axes does not tell: {x: [time, feature]}"""
    library: list[str] = Field(default_factory=list, max_length=64)
    """files beside the spec, or below its folder, that hold more definitions: [layers.yaml]"""
    random: dict[Name, RandomInput] = Field(default_factory=dict)
    """arrays that every training step draws: {eps: {shape: [16]}}"""
    define: Define = Define()
    """types of the spec's own, by formula"""
    layers: Inner
    """the layers in order; each reads the one before it unless `inputs` says otherwise"""
    outputs: Names | None = None
    """the layers whose outputs are the network's; default: the last layer"""
    frozen: Names = Field(default_factory=list)
    """layers, blocks or parameters that keep their values: encoder, fc1.W"""
    loss: Losses
    """the loss, with its penalties; or a list of losses, whose weighted sum is the loss"""
    metric: Literal["accuracy", "r2"] | None = None
    """what `score` computes, where it is not the loss's own"""
    train: Train = Field(default_factory=lambda: Train.model_validate({"optimizer": {"type": "adam", "lr": 1e-3}}))
    """the optimiser and the course of training; default: adam with lr 1e-3, 10 epochs"""

    _origin: Origin = PrivateAttr(default_factory=Origin)
    _known: Vocabulary = PrivateAttr(default_factory=Vocabulary)

    def __init__(self, origin: Origin | None = None, /, **data: Any) -> None:
        """Raises SpecError with every problem found; `origin` says where the data stand in a file."""
        known = vocabulary_of(data.get("define"))
        if origin is None and data.get("library"):
            hint = "pass define=, or read the spec from a file"
            raise SpecError(Problem("E115", "library: a spec in Python has no folder to find a library in", hint=hint))
        try:
            self.__pydantic_validator__.validate_python(data, self_instance=self, context=known)
        except ValidationError as error:
            raise SpecError(*problems_of(error, origin or Origin())) from None
        self._origin = origin or Origin()
        self._known = known

    @classmethod
    def checked(cls, data: dict[str, Any], known: Vocabulary, origin: Origin) -> Spec:
        """A spec over other types than its own `define:` gives.  Raises pydantic's ValidationError."""
        spec = cls.__new__(cls)
        cls.__pydantic_validator__.validate_python(data, self_instance=spec, context=known)
        spec._origin = origin
        spec._known = known
        return spec

    def __eq__(self, other: object) -> bool:
        """Equal declarations are equal wherever they were written."""
        return isinstance(other, Spec) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # as of every class that defines only equality

    @property
    def losses(self) -> tuple[tuple[LossEntry, Trail], ...]:
        """Every loss with the path that leads to it."""
        if isinstance(self.loss, list):
            return tuple((entry, ("loss", k)) for k, entry in enumerate(self.loss))
        return ((self.loss, ("loss",)),)

    @property
    def origin(self) -> Origin:
        return self._origin

    @property
    def vocabulary(self) -> Vocabulary:
        """The types that the spec may name: the library's and its own."""
        return self._known

    def kind_of(self, name: str) -> str:
        """ "real" or "integer": the type of an input."""
        return str(self.input_type.get(name, "real") if isinstance(self.input_type, dict) else self.input_type)

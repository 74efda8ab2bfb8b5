"""The forms that a declaration takes.  A declaration is mathematics and data: formulas as text, keys with their ranges.

Every file of `symbp.library.layers`, `.blocks`, `.activations`, `.losses`, `.penalties`, `.optimizers`, `.clips`,
`.schedules`, `.parametrizations` and `.initializers` holds exactly one of these objects under the name ``DECLARATION``
and no ``def``, ``lambda`` or ``class``.

The letter ``n`` of a formula stands for ALL leading axes of the input (the batch axis, and time or space where a layer
maps over them): ``mean[n](...)`` is a mean over every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbp.library.inner import Inner

REQUIRED = "required"  # the default of a key that must be given
Condition = tuple[str, bool | str | float | None]  # a key and the value that it must have


@dataclass(frozen=True, slots=True)
class Key:
    """One key that an entry of this type takes in a spec.

    `kind` is "integer", "number", "boolean", "choice", "numbers" (a list of numbers), "init", "activation",
    "schedule", "size" (an integer, or a name from `sizes:`), "value" (the name of a layer or an input that is read
    besides `inputs`, see `Layer.given`), "integers" (one integer for each of `dims`, or one for all of them),
    "padding" (as "integers", or pairs (before, after), or "same" or "valid"), "axis" (what an axis means, such as
    time; default: the channels of an image, else the last axis, see `Layer.rest`), "shape" (the sizes of axes, of which
    one may be -1: the letter of `dims` stands for these axes), "order" (all axes that the first letter of `dims` stands
    for, in another order, by what they mean or by number from 1; the second letter stands for them in that order),
    "pair" (as "order": two of them, which change places; default: the last two), "index" (a place along the axis of the
    letter of `dims`, from the end where it is negative) or "place" (likewise, or the end, which is the default).
    `minimum` and `maximum` are inclusive unless `open_minimum` / `open_maximum` says not.

    Formulas read an "integers" key by the name of the key and of the dimension: ``stride_h``, ``stride_w`` for
    ``Key("stride", "integers", 1, dims=("h", "w"))``; a "padding" key gives ``padding_h`` (before) and ``after_h``.
    The default of an "integers" key may be the name of another one, whose integers it then has.  `Layer.sizes` may bind
    them to letters: ``("kernel_h", "u")``.  "same" is the smallest padding, the larger half of it after, with which the
    extent that reads it is the size of the letter of the dimension divided by ``stride_h``, rounded up; "valid" is 0.
    """

    name: str
    kind: str
    default: float | int | bool | str | None = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    choices: tuple[str, ...] = ()
    doc: str = ""
    dims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A trained array: `axes` as in ``[i,j]``; `init` names an initializer; `when` names a boolean key that
    switches it, or lists conditions as a formula does.

    `at` is a letter and a place: what `init` gives stands there, 0 elsewhere; the letter is the first of its axis.
    `init_keys` are keys of that initializer.  `fan_in` and `fan_out` are formulas in the sizes of axes; empty: the axes
    whose letters `Layer.sizes` binds to keys are outputs, the others inputs.
    """

    name: str
    axes: str
    init: str
    when: str | tuple[Condition, ...] = ""
    doc: str = ""
    init_keys: tuple[tuple[str, float], ...] = ()
    fan_in: str = ""
    fan_out: str = ""
    at: tuple[str, int] | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What must hold for the parameter to be there."""
        if isinstance(self.when, str):
            return ((self.when, True),) if self.when else ()
        return self.when


@dataclass(frozen=True, slots=True)
class Formula:
    """Equations, one a line, in the formula language; the last one defines ``y`` (a loss: ``L``).

    `safe` (may be empty) is the numerically safe form of the same equations: it computes the same names where both have
    them, is what is emitted, and is proved or checked equal to `plain`.  `when` lists (key, value) pairs: the formula
    applies where all of them hold; the first that applies is taken.  The value True also stands for a number that is
    not 0, and for data that are given; None for a key that is not given.  `facts` are equations known of the data, such
    as ``sum[j](t[n,j]) = 1``.
    `inference` are the equations of a prediction, where these are others than those of training.  `before` and `after`
    give states new values, once in a training step: `before` the forward pass, from parameters and states alone;
    `after` it, from everything.  All of them may read states.  `start` gives first values to parameters that follow
    from those of others.
    """

    plain: str
    safe: str = ""
    when: tuple[Condition, ...] = ()
    facts: tuple[str, ...] = ()
    inference: str = ""
    before: str = ""
    after: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a formula that options choose: ``{name}`` in a formula, in the axes of a parameter or in another piece
    stands for the first piece of that name whose conditions hold, and for nothing where none does.

    `safe` is its text in the safe form, where that is another one.
    """

    name: str
    text: str
    when: tuple[Condition, ...] = ()
    safe: str = ""


@dataclass(frozen=True, slots=True)
class Random:
    """An array that is drawn anew in every training step, from the network's generator.

    Its numbers are `shift` plus `scale` times draws from `distribution`: "bernoulli" (1 with the probability
    `probability`, else 0), "uniform" (from 0 to 1), "normal" (mean 0, variance 1) or "switch" (1 whenever anything is
    drawn).  While nothing is drawn, in predictions and in the pure functions without a generator, all of them are
    `still`.  These four are formulas in the keys.
    """

    name: str
    axes: str
    distribution: str
    still: str = "0"
    scale: str = "1"
    shift: str = "0"
    probability: str = "0"
    doc: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """An array that a network keeps from step to step beside its parameters, such as running statistics.

    It starts at `start` everywhere; `Formula.before` and `Formula.after` say how it changes.  A layer has it where the
    formula that applies reads or changes it.  With the batch axis n it is carried: it is of each sample, starts anew
    where a step has another number of samples than the one before, and is as at the start in every prediction.
    """

    name: str
    axes: str
    start: float
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """`least` must be at most `most`: formulas in keys and in the sizes of axes, as ``padding_t`` and ``T - 1``.

    `key` is the one that is to blame, `said` the message, in which ``{least}`` and ``{most}`` are the two numbers.
    """

    key: str
    least: str
    most: str
    said: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer.  `inputs` as in ``("x[n,i]",)``; `sizes` binds keys to letters: ``(("units", "j"),)``, or to several
    that are one axis together: ``(("filters", "(g o)"), ("groups", "g"))``.

    Letters in parentheses are one axis of the array: ``x[n,(g c),h,w]`` reads the channels as groups g of c each, in C
    order.  Inputs, `output` and the axes of parameters may be written so; formulas read the letters one by one
    (``x[n,g,c,h,w]``).  Where all letters but one of a group have known sizes, the last follows, and must divide.
    `output` lists the axes of ``y`` where they are not those of the formula's left side: ``y[n,(g o),p,q]``.
    A star in front of the last axis of an input takes all axes of the array from there on together: ``x[n,*f]``.
    `given` are inputs that keys of kind "value" name, read only where they are given: ``(("mask", "mask[n,t]"),)``.
    `integer_inputs` names the inputs that hold integers.

    An input with ``#`` in its name stands for any number of inputs, at least two: ``x#[n,i#]`` is x1[n,i1], x2[n,i2],
    and so on (``x#[n,i]``: all with the same axes).  In formulas and extents, ``{TERM|SIGN}`` is TERM once for each of
    them with SIGN between, # being its number; such a group within a group runs over the inputs before (none: 0):
    ``y[n,k] = {x#[n,k-({I#|+})]|+}`` puts them side by side.
    `rest` is a letter that stands for all axes behind the one that the key of kind "axis" names, perhaps none, as n
    stands for all that come before: ``x[n,k,r]``.  `ahead` is one for those between the batch axis and the named one;
    n is then the batch axis alone: ``x[n,a,c,r]`` has the channels c of anything, and ``mean[a,r]`` is over one sample.
    Without such a key n is the batch axis, and `rest` all others.
    """

    type: str
    summary: str
    source: str  # where the formula comes from
    inputs: tuple[str, ...]
    formulas: tuple[Formula, ...]
    sizes: tuple[tuple[str, str], ...] = ()
    extents: tuple[tuple[str, str], ...] = ()  # sizes of output axes as formulas: (("p", "(H - U)//s + 1"),)
    parameters: tuple[Parameter, ...] = ()
    keys: tuple[Key, ...] = ()
    subgradient: str = ""
    output: str = ""
    given: tuple[tuple[str, str], ...] = ()
    integer_inputs: tuple[str, ...] = ()
    random: tuple[Random, ...] = ()
    state: tuple[State, ...] = ()
    rest: str = ""
    ahead: str = ""
    pieces: tuple[Piece, ...] = ()
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Layers inside a layer: the inner ones read what the block reads, one after the other.

    `merge` names the layer that joins the input of the block with what the inner layers make of it (empty: the block
    gives what they make).  `times` is the key that says how often they are repeated, numbered from 0 (empty: once).
    `level`: a name that the spec gives to the block stands before those of the inner layers, as in ``block.0.ln1``.
    `branch` is a key with layers of its own through which the block's input goes to the merge (empty: there is none).
    `turned` is a boolean key of the inner layers: they stand there twice, the second time with that key turned around,
    and the layer that the key `merge` names joins what the two make (empty: they stand there once).
    `inner` are the inner layers where the declaration says which they are (empty: the spec does).  They read what the
    block reads by the names of `inputs`; copies read what the copy before made in the place of the first.
    """

    type: str
    summary: str
    source: str
    merge: str = ""
    times: str = ""
    level: bool = False
    branch: str = ""
    turned: str = ""
    inputs: tuple[str, ...] = ("input",)
    inner: tuple[Inner, ...] = ()
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Parametrization:
    """How a weight of any layer is computed: `formula` defines ``w``, which the layer reads, from the trained ``W``.

    ``[*]`` stands for all axes of the weight in their order; the letter ``out`` for those of the layer's outputs,
    ``rest`` for the others, each for one or several.  `parameters` are further trained arrays.
    """

    type: str
    summary: str
    source: str
    formula: Formula
    parameters: tuple[Parameter, ...] = ()
    keys: tuple[Key, ...] = ()
    subgradient: str = ""
    random: tuple[Random, ...] = ()
    state: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Activation:
    """A pointwise function: `formula` defines ``y`` from ``z``, with names in between where wanted, all without
    indices."""

    type: str
    summary: str
    source: str
    formula: Formula
    parameters: tuple[Parameter, ...] = ()
    keys: tuple[Key, ...] = ()
    subgradient: str = ""
    random: tuple[Random, ...] = ()
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A further array that a loss compares with, given in each call beside the target: ``Compared("mask", "[n]")``.

    It holds real numbers, in a `range` as that of a target, or integers: labels, or counts up to the size of `most`.
    """

    name: str
    axes: str
    integer: bool = False
    range: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss ``L`` of the output ``y`` and the target ``t``; or of several values, which `inputs` then names.

    `score` is "accuracy", "binary_accuracy", "sign_accuracy", "r2" or "" (none); `predict` is "argmax", "positive",
    "sign" or "raw"; `probability` names the value of the formula that predict_proba returns (empty: none).
    `target` is "real", "integer" (labels: `t` lacks the last axis of `y`), or the name of the choice key that decides
    between them (its value "integer" means labels), or "none" where the formula reads no `t`.  `target_axes` are the
    axes of `t` where they are others than those of the first input: ``[n]``.  `compared` are arrays that a call gives
    besides.
    `ignored` is the key for a label that does not count.  `extents` are as those of a layer, in integer keys.
    `arrays` are data of the spec, such as class weights: (key, axes).
    `target_range` is a condition on the targets: "0..1", "0 or 1", "-1 or 1", ">= 0" or "sums to 1" (empty: any real
    numbers).
    """

    type: str
    summary: str
    source: str
    formulas: tuple[Formula, ...]
    keys: tuple[Key, ...] = ()
    target: str = "real"
    target_range: str = ""
    arrays: tuple[tuple[str, str], ...] = ()
    score: str = "r2"
    predict: str = "raw"
    probability: str = ""
    refuses_activation: tuple[str, ...] = ()  # activations or layers that must not stand in front: the loss holds them
    subgradient: str = ""
    inputs: tuple[str, ...] = ("y[n,j]",)
    target_axes: str = ""
    compared: tuple[Compared, ...] = ()
    ignored: str = ""
    extents: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Penalty:
    """A term added to the loss: `formula` gives the summand for one weight ``w`` and the strength ``a``."""

    type: str
    summary: str
    source: str
    formula: str
    subgradient: str = ""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimiser as update equations, one a line, carried out in order on every weight.

    The equations read ``w`` (the weight), ``g`` (its gradient), ``lr``, ``k`` (the number of the step, from 1), the
    keys, and the state by name; an assignment to a state or to ``w`` changes it.  Other names are intermediate values.
    `state` lists (name, initial value).  A line that stands under `decayed` is carried out, before the others, for the
    decayed parameters only (those with two or more axes, embeddings left out).
    """

    type: str
    summary: str
    source: str
    equations: str
    state: tuple[tuple[str, float], ...] = ()
    keys: tuple[Key, ...] = ()
    decayed: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """A change of the whole gradient before the optimiser: equations on ``g[i]``, i over all parameters, and the
    key ``c``."""

    type: str
    summary: str
    source: str
    equations: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate of step ``k`` (from 0) of ``K`` steps in all: a formula in ``k``, ``K``, ``lr`` and the
    keys."""

    type: str
    summary: str
    source: str
    formula: str
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Initializer:
    """Initial values: `distribution` is "constant", "values", "uniform", "normal", "truncated_normal" or "orthogonal".

    `scale` is a formula in ``I`` (fan_in), ``O`` (fan_out) and the keys: the constant; the bound a of uniform(-a,
    a); the
    standard deviation; the gain.  `low` (uniform) and `mean` (normal) are formulas too and may be empty.
    """

    type: str
    summary: str
    source: str
    distribution: str
    scale: str = "1"
    low: str = ""
    mean: str = ""
    keys: tuple[Key, ...] = ()


Declaration = Layer | Block | Activation | Parametrization | Loss | Penalty | Optimizer | Clip | Schedule | Initializer

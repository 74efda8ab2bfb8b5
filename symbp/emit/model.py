"""What the templates of a module are given: finished lines of code.  Decisions are made before this point."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.lower.model import Body, Copies


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a function body, without its indentation level; `equation` is the number in the report, or empty.

    `indent` counts extra levels (a loop's body).  A line whose `text` starts with ``#`` is a comment.
    """

    text: str
    equation: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """A module-level function such as ``softmax``, `compiled` where it is one of loops over numbers.

    With `instead_of` it makes what a compiler takes in the place of that function, by the types of the arguments.
    With `same_as` it is another name of that function, and has no lines.
    """

    name: str
    signature: str  # "z: Array" or "z: Array, out: Array"
    returns: str
    doc: str
    lines: tuple[Line, ...]
    compiled: bool = False
    instead_of: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Buffer:
    """An array of the workspace.  `shape` holds Python expressions in ``n`` and the names of other free sizes.

    `dtype` is "real" (the dtype of theta), "bool" or "index" (np.intp).  Where `of` is given it is the Python
    expression that makes the array, as it stands in the constructor of the workspace: earlier buffers are ``self.NAME``
    (a view of one, or the same memory under another name), and ``np``, ``dtype``, ``n`` and the other free sizes may
    be used.
    Buffers are listed in an order in which they can be made.  What is `filled` is given this value in every step.
    """

    name: str
    shape: tuple[str, ...]
    dtype: str = "real"
    of: str = ""
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Neighbouring parameters as one array: its name in ``p`` and ``g``, where it begins in the flat vector."""

    name: str
    begin: int
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """The bodies of a module.

    In all bodies ``p`` holds the parameters (``p.W_fc1``), ``g`` their gradients (``g.W_fc1``), ``s`` the states of
    layers (``s.running_mean_bn1``), ``ws`` the workspace, the arrays that are drawn among its own;
    inputs and targets are plain names (``x``, ``t``).  `forward` ends with the network's outputs in `outputs`; `loss`
    may read everything `forward` wrote and ends with the loss in the first of `losses` (``loss``), and where it is a
    sum with each of its terms in the others; `backward` fills ``g``; `input_backward` lists,
    by input, the lines that follow `backward` and fill the gradient of that input, named in `input_gradient`.
    `update` carries out one optimiser step on the flat vectors ``theta``, ``grad`` and the states (``m``, ``v``), clips
    included.  It reads the plain names ``lr``, ``k`` (from 1), ``DECAYED`` (slices of theta, where something decays)
    and the buffers of `update_buffers` as plain names; their shapes are numbers.

    `before` and `after` give the states new values, in a training step: before `forward`, and behind `backward`.
    `inference` has the bodies `forward`, `loss` and `probability` of a prediction, and their buffers, where these are
    others than those of training.  `start` gives first values to parameters that follow from others.  `hessian` has in
    `forward` what fills ``hv`` with the Hessian of the loss times ``pv``, and its buffers; both are as ``p``.

    With a `scale`, the name of a number that `backward` is given, g is filled with that multiple of the gradients, and
    `update` reads such a multiple: `rate`, Python over ``lr`` and ``optimizer.k``, is the number of a training step.

    `joined` are parameters that bodies read as one array, `direct` functions of NumPy that bodies call without ``np.``.
    Where `micro_batch_size` is not 0, so many samples are together in a workspace, for the reason that is given;
    of a prediction there are `rows`.
    `blocks` is what equal blocks do, each block once; `copies` are the loops over them.  Of a block, `shared` are the
    buffers that all blocks use in turn.

    A body finds the sizes that it needs itself (``n = x.shape[0]``) and binds the arrays of the workspace that it uses
    to local names first.  In the simplest form (level 0) the bodies make new arrays and keep what a later body reads by
    assigning to the workspace (``a_fc1 = ws.a_fc1 = ...``); the buffers are then empty placeholders.
    ``x`` and ``t`` have the dtype of theta (``t`` is real where theta is complex); labels are np.intp.  The target is
    read as `Graph.target_name`, also where an input is the target: ``t`` is then a name of its own, which calls bind to
    the array of the input.
    """

    helpers: tuple[Function, ...]
    buffers: tuple[Buffer, ...]
    forward: tuple[Line, ...]
    outputs: tuple[str, ...]
    loss: tuple[Line, ...]
    losses: tuple[str, ...]
    probability: tuple[Line, ...]  # from outputs to what is made of them; empty where there is nothing
    probabilities: tuple[tuple[str, str], ...]  # an output, and the name of its probabilities
    backward: tuple[Line, ...]
    input_backward: tuple[tuple[str, tuple[Line, ...]], ...]
    input_gradient: tuple[tuple[str, str], ...]
    update: tuple[Line, ...]
    update_buffers: tuple[Buffer, ...]
    spends: bool = False  # whether the update writes over the gradient
    units: tuple[tuple[str, float], ...] = ()  # states of the optimiser that are kept as multiples of another number
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    inference: Code | None = None
    blocks: tuple[BlockCode, ...] = ()
    copies: tuple[Copies, ...] = ()
    shared: tuple[Buffer, ...] = ()
    start: tuple[Line, ...] = ()
    hessian: Code | None = None
    joined: tuple[Joined, ...] = ()
    direct: tuple[str, ...] = ()
    scale: str = ""
    rate: str = ""
    micro_batch_size: int = 0
    micro_batch_reason: str = ""
    rows: int = 4096

    @property
    def compiled(self) -> bool:
        """Whether a compiler of loops is needed."""
        return any(function.compiled for function in self.helpers)


@dataclass(frozen=True, slots=True)
class BlockCode:
    """What each of several equal blocks does.  In its bodies ``p``, ``g``, ``s`` and ``ws`` are those of one block."""

    body: Body
    code: Code

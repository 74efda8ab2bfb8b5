"""What the axes of values mean: time, feature, channel, height, ..., and which layers may read them how."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.graph.values import IMAGE_ROLES, ROLES, Value
from symbp.notation.source import Axes

# Letters of inputs with a meaning, each with what it is not: a layer over [t,c] reads no image.
REFUSED = {
    "t": IMAGE_ROLES,
    "c": frozenset(("time", "depth", "height", "width")),
    "h": frozenset(("time", "channel")),
    "w": frozenset(("time", "channel")),
}
IMAGE_LETTERS = frozenset("cdhw")
NAME_THEM = "name the axes of the input with `axes:`"


def misread(value: Value, axes: Axes, *, everywhere: bool) -> tuple[str, str]:
    """What is wrong with a layer that reads a value with `axes`, the first of them n, and a hint; empty: nothing is.

    `everywhere`: the layer acts on every number alike, or says itself which axis it acts on.
    """
    own = axes[1:]
    shown = f"{value.described} has the shape {value.shape} with the axes {', '.join(value.roles)}"
    for letters, role in zip(reversed(own), reversed(value.roles), strict=False):
        wrong = next((letter for letter in letters if role in REFUSED.get(letter, ())), "")
        if wrong and not everywhere:
            named = ", ".join(_meant(letters) for letters in own)
            what = f"reads the axes {named}" if len(own) > 1 else f"reads the axis {named}"
            return f"{what}, but {shown}", f"{_remedy(own, value.roles)}, or {NAME_THEM}"
    mapped = value.roles[: len(value.roles) - len(own)]
    plain = not own or set().union(*own) <= IMAGE_LETTERS
    behind = len(own) == 1 and value.roles[-1:] == ("channel",)  # what is mapped over is space alone
    if IMAGE_ROLES.intersection(mapped) and not (everywhere or plain or behind):
        what = "acts on the last axis" if len(own) == 1 else f"acts on the last {len(own)} axes"
        return f"{what}, but {shown}", f"put {{type: flatten}} in front of it, or {NAME_THEM}"
    return "", ""


def _meant(letters: tuple[str, ...]) -> str:
    """The role that a letter names."""
    names = {"t": "time", "c": "channel", "h": "height", "w": "width", "d": "depth"}
    return next((names[m] for m in letters if m in names), "feature")


def _remedy(own: Axes, roles: Sequence[str]) -> str:
    image = IMAGE_ROLES.intersection(roles)
    if len(own) == 1 and image:
        return "put {type: flatten} in front of it"
    return "take a layer for images" if image else "take a layer for sequences"


def output_roles(read: Value, inside: Axes, outside: Axes, leading: int) -> tuple[str, ...]:
    """What the axes of a layer's output mean.

    `inside` are the axes of its first input, `outside` those of its output; the first `leading` are mapped over.  An
    axis with a letter of the input is that axis; as many axes as the input has mean what those mean.
    """
    alike = len(inside) == len(read.roles) + 1  # else the last letters stand for several axes
    by_letters = dict(zip(inside[leading:], read.roles[leading - 1 :], strict=True)) if alike else {}
    own = [by_letters.get(letters) for letters in outside[leading:]]
    count = len(outside) - 1
    before = read.roles[: leading - 1]
    if len(outside) == len(inside) and alike:
        free = [role for role in read.roles[leading - 1 :] if role not in own]
        if len(free) == own.count(None):
            rest = iter(free)
            own = [role or next(rest) for role in own]
    if not any(own) and set(before) <= {"feature"} and count in ROLES:
        return ROLES[count]
    return (*before, *(role or "feature" for role in own))

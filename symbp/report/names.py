"""Names of formulas as LaTeX: ``gamma`` is a Greek letter, ``xhat`` wears a hat, ``dW`` is the gradient of W.

In comes the name of a tensor or a scalar, out goes a `Name`: a base, and what stands below and above it, so that
indices can join the subscript: ``W_fc1`` read at (i, j) is ``W_{\\mathrm{fc1},i,j}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symbp.report.escape import escape_name
from symbp.report.width import measure

# fmt: off
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
))
# fmt: on
_VARIANT = {"epsilon": r"\varepsilon", "phi": r"\varphi", "eps": r"\varepsilon", "lr": r"\eta"}
_ACCENTS = (("hat", r"\hat"), ("bar", r"\bar"), ("tilde", r"\tilde"), ("dot", r"\dot"))


WIDE = 12.0  # em in text size: subscripts that are wider stand on several lines


def stacked(indices: tuple[str, ...]) -> str:
    """Indices as a subscript; where that would be very wide, in lines.

    >>> stacked(("n", "i")), stacked(()), stacked(("t+1" * 9, "u-1"))
    ('n,i', '', '\\\\substack{t+1t+1t+1t+1t+1t+1t+1t+1t+1, \\\\\\\\ u-1}')
    """
    lines: list[str] = []
    for index in indices:
        if lines and measure(f"{lines[-1]},{index}") <= WIDE:
            lines[-1] += f",{index}"
        else:
            lines.append(index)
    text = r", \\ ".join(lines)
    return rf"\substack{{{text}}}" if len(lines) > 1 else text


@dataclass(frozen=True, slots=True)
class Name:
    """``base_{below}^{above}``; `gradient` puts an upright d in front of it."""

    base: str
    below: tuple[str, ...] = ()
    above: str = ""
    gradient: bool = False

    def latex(self, indices: tuple[str, ...] = ()) -> str:
        """The name, read at `indices`."""
        below = stacked((*self.below, *indices))
        d = r"\mathrm{d}" if self.gradient else ""
        above = f"^{{{self.above}}}" if self.above else ""
        return d + self.base + above + (f"_{{{below}}}" if below else "")

    def transposed(self) -> str:
        """The name of the transposed matrix."""
        if not self.above:
            return self.latex() + r"^{\top}"
        if self.above.startswith("["):
            return replace(self, above=self.above + r"\top").latex()
        return f"({self.latex()})" + r"^{\top}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a formula; `tensors` are the values whose gradient ``d<name>`` may be met; `given` wins over all."""

    tensors: frozenset[str] = frozenset()
    given: Mapping[str, Name] = field(default_factory=dict)

    def of(self, name: str) -> Name:
        if name in self.given:
            return self.given[name]
        rest = name[1:]
        if name.startswith("d") and rest in self.tensors and name not in self.tensors:
            return replace(self.of(rest), gradient=True)
        return name_of(name)


def name_of(text: str) -> Name:
    """A name without knowledge of others.  Single letters are italic, words upright, digits at the end a subscript."""
    if text.endswith("'"):
        inner = name_of(text[:-1])
        return replace(inner, base=inner.base + "'")
    head, *rest = text.strip("_").split("_") if text.strip("_") else [text]
    below = tuple(_word(r) for r in rest if r)
    if below and _base(head).startswith(r"\mathrm"):  # two words: an underscore is a hyphen here
        return Name(rf"\mathrm{{{escape_name(text)}}}")
    copy = re.fullmatch(r"([a-z]\d)([1-3])", head)
    if copy:  # another letter for t1, as the derivation makes it: t11 is t_1', not the eleventh t
        return Name(copy[1][0] + "'" * int(copy[2]), (copy[1][1], *below))
    if re.fullmatch(r"[A-Zbz][a-z]", head) and head not in GREEK:  # Wq, the weights of the queries
        return Name(head[0], below, head[1])
    digits = re.fullmatch(r"([A-Za-z]+?)(\d+)", head)
    if digits and not _accented(head):
        head, below = digits[1], (digits[2], *below)
    return Name(_base(head), below)


def _base(head: str) -> str:
    if head in _VARIANT:
        return _VARIANT[head]
    if head in GREEK:
        return "\\" + head
    accented = _accented(head)
    if accented:
        return accented
    if len(head) == 1 and head.isalpha():
        return head
    return rf"\mathrm{{{escape_name(head)}}}"


def _accented(head: str) -> str:
    for ending, command in _ACCENTS:
        stem = head.removesuffix(ending)
        if stem != head and (len(stem) == 1 or stem in GREEK):
            return f"{command}{{{_base(stem)}}}"
    return ""


def _word(text: str) -> str:
    if text in GREEK or text in _VARIANT:
        return _base(text)
    return text if text.isdigit() or len(text) == 1 else rf"\mathrm{{{escape_name(text)}}}"

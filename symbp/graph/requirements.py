"""What the keys of an entry must be to each other, and to the axes that it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symbp.graph.findings import Findings
from symbp.graph.model import Axis
from symbp.graph.paddings import value_by
from symbp.library.choices import Options, applies
from symbp.library.declaration import Requirement
from symbp.spec.tree import Trail


def meets(
    requirements: Sequence[Requirement],
    options: Options,
    values: Mapping[str, Fraction | int],
    axes: Mapping[str, Axis],
    trail: Trail,
    site: object,
    findings: Findings,
) -> bool:
    """Whether the numbers of an entry meet what is required of them; what they do not meet is reported.

    `values` are those of the keys, `axes` those of letters.  What a size decides that each call fixes is left open.
    """
    good = True
    for r in requirements:
        left, right = (value_by(text, values, axes) for text in (r.least, r.most))
        if not applies(r.when, options) or left is None or right is None or left.free or right.free:
            continue
        if left.number > right.number:
            said = r.said.format(least=_text(left.number), most=_text(right.number))
            findings.add("E204", f"{site}: {said}", (*trail, r.key))
            good = False
    return good


def _text(value: Fraction) -> str:
    return f"{float(value):g}"

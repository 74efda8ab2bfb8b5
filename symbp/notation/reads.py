"""A formula by itself: its arrays are declared by being read, ``A[i,j]``, and its numbers by being named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from symbp.notation.expr import Compare, Expr, Index, Ref, Span, Sym, bound_by, rebuild, walk
from symbp.notation.functions import RESERVED
from symbp.notation.parser import Statement, statements
from symbp.notation.problems import FormulaErrors, FormulaProblem, did_you_mean
from symbp.notation.scalar import scalar
from symbp.notation.source import Elaborated, FormulaSource, TensorSource

LETTERS = "ijklmnpqrstuvabcdegh"  # for axes that are never read at a bare letter
RESULT = "f"  # the name of a result that the formula gives none


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of a formula beside its text.

    `wrt` are the arrays and numbers to differentiate by; `arrays` declares axes that no bare letter names ("x[i]");
    `positive` and `integer` are names; `facts` are equations, such as "sum[j](t[n,j]) = 1" or "P = I - U + 1".
    """

    wrt: tuple[str, ...]
    arrays: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def source_of(text: str, declared: Declared) -> FormulaSource:
    """`text` with everything declared that it reads and does not define.  Raises FormulaErrors.

    A letter means one size throughout the formula.  What is read inside an index, or compared with one, is an integer.

    >>> source_of("f = sum[i,j](x[i]*A[i,j]*x[j])", Declared(("x",))).tensors[1].letters
    ('i', 'j')
    """
    lines = statements(text)
    nodes = [n for line in lines for n in walk(line.right)]
    given = {t.name: t.letters for t in map(TensorSource.read, declared.arrays)}
    arrays = _arrays(lines, nodes, given)
    letters = _letters(lines, nodes) | {m for at in arrays.values() for m in at}
    scalars = _scalars(lines, nodes, letters, arrays)
    _check_names(text, lines, declared, (*arrays, *scalars))
    integer = set(declared.integer) | _integers(nodes)
    numbers = [name for name in scalars if name in declared.wrt]
    tensors = [
        TensorSource(name, at, _role(name, declared), name in integer, name in declared.positive)
        for name, at in (*arrays.items(), *((name, ()) for name in numbers))
    ]
    constants = tuple(name for name in scalars if name not in numbers)
    extents = [fact for fact in declared.facts if extent_of(fact)]
    return FormulaSource(
        text,
        tuple(tensors),
        constants,
        frozenset(declared.positive) & set(constants),
        sized=tuple(extent_of(fact).lower() for fact in extents) or None,
        output=_result(lines[-1], (*arrays, *scalars, *letters)),
        facts=tuple(fact for fact in declared.facts if fact not in extents),
    )


def extent_of(fact: str) -> str:
    """The size that a fact gives: "P" of ``P = (I - U)//2 + 1``; empty where it says something else."""
    lines = statements(fact)
    left = lines[0].left
    return left.name if len(lines) == 1 and isinstance(left, Sym) and left.kind == "size" else ""


def extents_of(facts: Sequence[str], found: Elaborated) -> tuple[tuple[Expr, Expr], ...]:
    """The facts that give sizes, in the size symbols of the resolved formula.  Raises FormulaErrors."""
    sizes = {letter.upper(): symbol for letter, symbol in found.sizes}

    def resolved(e: Expr) -> Expr:
        return sizes[e.name] if isinstance(e, Sym) else rebuild(e, tuple(resolved(c) for c in e.children))

    out = []
    for fact in facts:
        name = extent_of(fact)
        if name:
            right = scalar(fact.partition("=")[2], constants=tuple(sizes))
            if sizes[name].name != name:
                raise FormulaErrors(fact, [_two_sizes(name, sizes[name].name)])
            out.append((sizes[name], resolved(right)))
    return tuple(out)


def _two_sizes(name: str, other: str) -> FormulaProblem:
    a, b = name.lower(), other.lower()
    message = f"{name!r} has a size already: {a!r} is read bare where {b!r} is, which makes {name} = {other}"
    hint = f"a read that may leave its axis is shifted: [..,{a}+0,..]"
    return FormulaProblem("F136", message, Span(0, len(name)), hint)


def _role(name: str, declared: Declared) -> str:
    return "input" if name in declared.wrt else "data"


def _result(last: Statement, taken: Sequence[str]) -> str:
    """The name of the result: that of the last line, `RESULT` where it is an expression alone."""
    if isinstance(last.left, Sym | Ref):
        return last.left.name
    return next(name for name in (RESULT, *(f"{RESULT}{k}" for k in range(1, 99))) if name not in taken)


def _defined(lines: Iterable[Statement]) -> set[str]:
    return {line.left.name for line in lines if isinstance(line.left, Sym | Ref)}


def _letters(lines: Iterable[Statement], nodes: Iterable[Expr]) -> set[str]:
    """Every letter that stands for an index somewhere."""
    left = (n for line in lines if line.left is not None for n in walk(line.left))
    return {i.name for n in (*left, *nodes) for i in (n, *bound_by(n)) if isinstance(i, Index)}


def _arrays(
    lines: Sequence[Statement], nodes: Sequence[Expr], given: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The letters of each array that is read and not defined, in order of appearance."""
    defined, places = _defined(lines), dict[str, list[tuple[Expr, ...]]]()
    for n in nodes:
        if isinstance(n, Ref) and n.name not in defined:
            places.setdefault(n.name, []).append(n.at)
    taken = _letters(lines, nodes) | {m for at in given.values() for m in at}
    out = {}
    for name, reads in places.items():
        out[name] = given[name] if name in given else _axes(reads, taken)
    return out


def _axes(reads: list[tuple[Expr, ...]], taken: set[str]) -> tuple[str, ...]:
    """A letter for each axis: the first bare one that it is read at, or a new one (which is then taken)."""
    found: list[str] = []
    for k in range(len(reads[0])):
        bare = [place.name for at in reads for place in at[k : k + 1] if isinstance(place, Index)]
        letter = next((m for m in bare if m not in found), "")
        found.append(letter or fresh_letter(taken))
    return tuple(found)


def fresh_letter(taken: set[str], wanted: Iterable[str] = LETTERS) -> str:
    """A letter that is not taken; it is from now on.  The first of `wanted` that is free."""
    wanted = tuple(wanted)
    numbered = (f"{m}{k}" for k in range(1, 99) for m in wanted)
    letter = next(m for m in (*wanted, *numbered) if m not in taken)
    taken.add(letter)
    return letter


def _scalars(lines: Sequence[Statement], nodes: Iterable[Expr], letters: set[str], arrays: Iterable[str]) -> list[str]:
    """Names without brackets that are numbers: no letter, no size of a letter's axis, no value of another line."""
    known = _defined(lines) | letters | {m.upper() for m in letters} | set(arrays) | RESERVED
    names = dict.fromkeys(n.name for n in nodes if isinstance(n, Sym))
    return [name for name in names if name not in known]


def _integers(nodes: Iterable[Expr]) -> set[str]:
    """Arrays that are read inside an index, or compared with one."""
    found: set[str] = set()
    for n in nodes:
        if isinstance(n, Ref):
            found |= {r.name for at in n.at for r in walk(at) if isinstance(r, Ref)}
        if isinstance(n, Compare) and n.op in ("==", "!="):
            for read, other in ((n.left, n.right), (n.right, n.left)):
                if isinstance(read, Ref) and isinstance(other, Index | Sym) and _is_letter(other, nodes):
                    found.add(read.name)
    return found


def _is_letter(node: Index | Sym, nodes: Iterable[Expr]) -> bool:
    return any(isinstance(n, Index) and n.name == node.name for n in nodes) or any(
        i.name == node.name for n in nodes for i in bound_by(n)
    )


def _check_names(text: str, lines: Sequence[Statement], declared: Declared, known: Sequence[str]) -> None:
    problems: list[FormulaProblem] = []
    for option, names in (("wrt", declared.wrt), ("positive", declared.positive), ("integer", declared.integer)):
        for name in names:
            if name not in known:
                problems.append(_unknown(option, name, lines, known))
    problems += _taken(lines, known)
    for name in [TensorSource.read(t).name for t in declared.arrays]:
        if name not in known:
            problems.append(_unknown("array", name, lines, known))
    for name in declared.wrt:
        if name in declared.integer:
            message = f"{name!r} is an integer: nothing can be differentiated by it"
            problems.append(FormulaProblem("F140", message, _read_at(lines, name)))
    if problems:
        raise FormulaErrors(text, problems)


def _taken(lines: Sequence[Statement], known: Sequence[str]) -> Iterator[FormulaProblem]:
    """Names that derivatives have: dx beside x, df_dx."""
    names = {*known, *_defined(lines)}
    for name in known:
        if name[0] == "d" and (name[1:] in names or "_d" in name):
            message = f"{name!r} is the name of a derivative"
            yield FormulaProblem("F135", message, _read_at(lines, name), "take another name")


def _unknown(option: str, name: str, lines: Sequence[Statement], known: Sequence[str]) -> FormulaProblem:
    if name in _defined(lines):
        where = next(line.left.span for line in lines if isinstance(line.left, Sym | Ref) and line.left.name == name)
        hint = "what is differentiated by comes from outside; leave out this line, and it does"
        return FormulaProblem("F140", f"{name!r} is computed by the formula", where, hint if option == "wrt" else "")
    hint = did_you_mean(name, known) or f"it reads {', '.join(known) or 'nothing from outside'}"
    return FormulaProblem("F140", f"the formula reads no {name!r}, which is given as {option}", None, hint)


def _read_at(lines: Iterable[Statement], name: str) -> Span | None:
    reads: Iterator[Expr] = (n for line in lines for n in walk(line.right))
    return next((n.span for n in reads if isinstance(n, Ref | Sym) and n.name == name), None)

"""A formula as text -> resolved, sized and checked equations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from keyword import iskeyword

from symbp.notation.expr import Equation, Expr, Index, Reduce, Ref, Span, Sym, walk
from symbp.notation.functions import RESERVED
from symbp.notation.parser import Statement, statements
from symbp.notation.problems import FormulaErrors, FormulaProblem, did_you_mean
from symbp.notation.recurrence import check_assignments, check_order
from symbp.notation.resolve import Resolver
from symbp.notation.sizes import AxisVariable, Sizes
from symbp.notation.source import Elaborated, FormulaSource, TensorInfo

NO_NAME = "?"  # the left side of a line that has none


def elaborate(source: FormulaSource) -> Elaborated:
    """Parse `source`, resolve every name, give every index its size, and check all reads.

    Raises FormulaErrors with all problems that were found.

    >>> from symbp.notation.source import TensorSource
    >>> x = TensorSource.read("x[n,j]")
    >>> found = elaborate(FormulaSource("y[n,j] = exp(x[n,j]) / sum[k](exp(x[n,k]))", (x,)))
    >>> [(t.name, [i.size.name for i in t.indices]) for t in found.tensors]
    [('x', ['N', 'J']), ('y', ['N', 'J'])]
    """
    source = source.expanded()
    resolver = Resolver(source, _declared_sizes(source))
    resolver.problems.extend(_declared_problems(source))
    for tensor in source.tensors:
        resolver.arrays[tensor.name] = tuple(AxisVariable(letter) for letter in tensor.letters)
        if tensor.integer:
            resolver.integer.add(tensor.name)
    lines = _with_output(source, statements(source.text))
    written = [_left_side(resolver, line, number) for number, line in enumerate(lines)]
    equations = _right_sides(resolver, lines, written)
    facts = [_fact(resolver, text, number) for number, text in enumerate(source.facts)]
    problems = resolver.problems
    problems.extend(_output_problems(source, lines, equations))
    problems.extend(_size_problems(resolver, source))
    problems.extend(_unread_problems(source, equations))
    if not problems:
        declared = frozenset(t.name for t in source.tensors)
        problems.extend(check_assignments(equations, declared) if source.reassign else check_order(equations))
    if problems:
        raise FormulaErrors(source.text, _in_order(problems))
    return _elaborated(source, resolver, equations, facts)


def _in_order(problems: list[FormulaProblem]) -> list[FormulaProblem]:
    """The problems from left to right, each said once where it was first met."""
    ordered = sorted(problems, key=lambda p: (p.span is None, p.span.start if p.span else 0))
    first = {(p.code, p.message): p for p in reversed(ordered)}
    return [p for p in ordered if first[p.code, p.message] is p]


def _declared_sizes(source: FormulaSource) -> Sizes:
    """The letters that are declared for the whole formula: leading, of inputs and data, with sizes, of parameters."""
    sizes = Sizes()
    by_role = sorted(source.tensors, key=lambda t: t.role == "parameter")
    free = [letter for t in by_role if t.role != "parameter" for letter in t.letters]
    for letter in (*source.leading, *free, *(source.pointwise or ()), *(source.sized or ())):
        sizes.add(AxisVariable(letter), sized=True)
    for tensor in by_role:
        for letter in tensor.letters:
            sizes.add(AxisVariable(letter), sized=source.sized is None)
    return sizes


def _declared_problems(source: FormulaSource) -> list[FormulaProblem]:
    """Names that cannot be what they are declared to be."""
    problems: list[FormulaProblem] = []
    scalars = (*source.constants, *source.variables, *(name for name, _ in source.integers))
    letters = {letter for t in source.tensors for letter in t.letters} | set(source.leading) | set(source.sized or ())
    seen: set[str] = set()
    for name in (*(t.name for t in source.tensors), *scalars):
        if name in seen:
            problems.append(FormulaProblem("F120", f"{name!r} is declared twice"))
        seen.add(name)
        problems.extend(_name_problems(name, None))
    for tensor in source.tensors:
        if len(set(tensor.letters)) < len(tensor.letters):
            shown = f"{tensor.name}[{','.join(tensor.letters)}]"
            hint = "axes have distinct letters"
            problems.append(FormulaProblem("F120", f"{shown} has one letter for two axes", None, hint))
    for name in scalars:
        if name in letters:
            problems.append(
                FormulaProblem(
                    "F120", f"{name!r} is both an index and a constant", None, "take another letter for the axis"
                )
            )
    for tensor in source.tensors:
        if not tensor.letters and tensor.name.isupper() and tensor.name.lower() in letters:
            message = f"{tensor.name!r} is an array without indices and the size of the axis {tensor.name.lower()!r}"
            problems.append(FormulaProblem("F120", message, None, "rename the array"))
    return problems


def _name_problems(name: str, span: Span | None) -> list[FormulaProblem]:
    if name in RESERVED:
        return [FormulaProblem("F130", f"{name!r} is a name of the formula language and cannot be given a value", span)]
    if iskeyword(name):
        return [FormulaProblem("F130", f"{name!r} is a word of Python and cannot be a name", span, f"{name}_ is free")]
    return []


def _with_output(source: FormulaSource, lines: tuple[Statement, ...]) -> list[Statement]:
    """A last line that is an expression alone defines the output."""
    *before, last = lines
    if source.output and last.left is None:
        last = replace(last, left=Sym(source.output, span=last.right.span))
    return [*before, last]


def _left_side(resolver: Resolver, line: Statement, number: int) -> Ref:
    """The left side with its axis variables made known; a stand-in where it is wrong."""
    left = line.left
    if left is None:
        resolver.problem("F106", "this line has no '='", line.span, "write name[letters] = expression")
        return Ref(NO_NAME)
    if not isinstance(left, Sym | Ref):
        resolver.problem("F134", "the left side is a name with letters, as in y[n,j]", left.span)
        return Ref(NO_NAME)
    name_span = left.span and Span(left.span.start, left.span.start + len(left.name))
    reassigned = resolver.source.reassign and left.name in resolver.arrays
    if not reassigned:
        _check_new_name(resolver, left.name, name_span, isinstance(left, Ref))
    scope: dict[str, AxisVariable] = {}
    for letter, span in _left_letters(resolver, left):
        resolver.check_letter(letter, span, scope)
        scope[letter] = resolver.declared(letter, f"e{number}", span)
    if not reassigned:
        resolver.arrays[left.name] = tuple(scope.values())
    return Ref(left.name, tuple(resolver.index(v, None) for v in scope.values()), span=left.span)


def _left_letters(resolver: Resolver, left: Sym | Ref) -> Iterable[tuple[str, Span | None]]:
    source = resolver.source
    if isinstance(left, Sym):
        if source.reassign and left.name in resolver.arrays:
            return [(v.letter, left.span) for v in resolver.arrays[left.name]]
        return [(letter, left.span) for letter in source.pointwise or ()]
    letters: list[tuple[str, Span | None]] = []
    for entry in left.at:
        if isinstance(entry, Index):
            letters.extend((m, entry.span) for m in source.spread((entry.name,)))
        else:
            resolver.problem(
                "F134", "the left side has plain letters only", entry.span, "shift the reads on the right side instead"
            )
    return letters


def _check_new_name(resolver: Resolver, name: str, span: Span | None, indexed: bool) -> None:
    source = resolver.source
    resolver.problems.extend(_name_problems(name, span))
    if any(t.name == name for t in source.tensors):
        resolver.problem("F135", f"{name!r} is given and cannot be defined", span)
    elif name in resolver.arrays:
        resolver.problem("F135", f"{name!r} is defined twice", span)
    elif name.isupper() and not indexed and resolver.global_variable(name.lower()):
        resolver.problem("F135", f"{name!r} is the size of the axis {name.lower()!r} and cannot be defined", span)
    elif resolver.scalar(name, None) is not None and name not in RESERVED:
        resolver.problem("F135", f"{name!r} is a constant and cannot be defined", span)
    elif name[0] == "d" and name[1:] in resolver.arrays and not source.reassign:
        resolver.problem("F135", f"{name!r} is the name of the gradient of {name[1:]!r}", span, "take another name")


def _right_sides(resolver: Resolver, lines: list[Statement], written: list[Ref]) -> list[Equation]:
    equations: list[Equation] = []
    for line, left in zip(lines, written, strict=True):
        indices = [i for i in left.at if isinstance(i, Index)]
        variables = {v.letter: v for v in resolver.arrays.get(left.name, ())}
        scope = {i.name: variables.get(i.name, AxisVariable(i.name)) for i in indices}
        if left.name == NO_NAME:  # its problem is known; any declared letter may stand on the right
            scope = {v.letter: v for v in resolver.sizes.rank if not v.scope}
        equations.append(Equation(left, resolver.value(line.right, scope)))
    return equations


def _fact(resolver: Resolver, text: str, number: int) -> tuple[Expr, Expr]:
    """Both sides of a fact.  It holds for all values of the declared letters that it leaves free."""
    line, *more = statements(text)
    if more:
        message = f"fact {number + 1} is more than one equation"
        raise FormulaErrors(text, [FormulaProblem("F136", message, more[0].span)])
    scope = {v.letter: v for v in resolver.sizes.rank if not v.scope}
    for node in (*walk(line.left or line.right), *walk(line.right)):
        if isinstance(node, Reduce):
            for bound in node.bound:
                scope.pop(bound.name, None)
    before = len(resolver.problems)
    left, right = resolver.value(line.left or line.right, scope), resolver.value(line.right, scope)
    if line.left is None or len(resolver.problems) > before:
        what = "; ".join(p.message for p in resolver.problems[before:]) or "it has no '='"
        raise FormulaErrors(text, [FormulaProblem("F136", f"fact {number + 1} is wrong: {what}", line.span)])
    return left, right


def _output_problems(source: FormulaSource, lines: list[Statement], equations: list[Equation]) -> list[FormulaProblem]:
    if not source.output or equations[-1].name == source.output:
        return []
    if any(e.name == source.output for e in equations):
        return [FormulaProblem("F137", f"the last line must define {source.output!r}", lines[-1].span)]
    near = did_you_mean(source.output, [e.name for e in equations])
    return [
        FormulaProblem(
            "F137",
            f"no line defines {source.output!r}",
            lines[-1].span,
            near and f"the last line defines {source.output}",
        )
    ]


def _unread_problems(source: FormulaSource, equations: list[Equation]) -> list[FormulaProblem]:
    """Parameters that no equation reads: their gradient would be zero, which is never meant."""
    read = {n.name for e in equations for n in walk(e.rhs) if isinstance(n, Ref)}
    unread = [t.name for t in source.tensors if t.role == "parameter" and t.name not in read]
    hint = "leave it out, or use it"
    return [FormulaProblem("F139", f"the parameter {name!r} is never read", None, hint) for name in unread]


def _size_problems(resolver: Resolver, source: FormulaSource) -> list[FormulaProblem]:
    declared = {letter for t in source.tensors for letter in t.letters}
    problems: list[FormulaProblem] = []
    for variable, span in resolver.sizes.unsized():
        letter = variable.letter
        why = "no axis of known size is read with it alone"
        hint = f"read an array at [..,{letter},..], or declare the size of {letter!r}"
        where = span or _first_place(source, letter)
        if not variable.scope and letter not in declared:
            continue
        problems.append(FormulaProblem("F138", f"the index {letter!r} has no size: {why}", where, hint))
    return problems


def _first_place(source: FormulaSource, letter: str) -> Span | None:
    """Where a declared letter is first read in the text."""
    for line in statements(source.text):
        for side in (line.left, line.right):
            for node in walk(side) if side is not None else ():
                if isinstance(node, Index) and node.name == letter:
                    return node.span
    return None


def _elaborated(
    source: FormulaSource, resolver: Resolver, equations: list[Equation], facts: list[tuple[Expr, Expr]]
) -> Elaborated:
    done = tuple(_finished(resolver, e) for e in equations)
    roles = {t.name: t for t in source.tensors}
    given = (TensorInfo(t.name, _indices(resolver, t.name), t.role, t.integer, t.positive) for t in source.tensors)
    names = dict.fromkeys(e.name for e in done if e.name not in roles)
    values = (TensorInfo(name, _indices(resolver, name), "value") for name in names)
    read = {n for e in done for n in walk(e.rhs) if isinstance(n, Sym) and n.kind != "size"}
    letters = (v for v in resolver.sizes.rank if not v.scope)
    return Elaborated(
        done,
        (*given, *values),
        tuple((resolver.finish(a), resolver.finish(b)) for a, b in facts),
        tuple((v.letter, resolver.sizes.symbol(v)) for v in letters),
        tuple(resolver.sizes.ties),
        tuple(sorted((replace(s, span=None) for s in read), key=lambda s: s.name)),
    )


def _finished(resolver: Resolver, equation: Equation) -> Equation:
    left = resolver.finish(equation.lhs)
    assert isinstance(left, Ref)
    return Equation(left, resolver.finish(equation.rhs))


def _indices(resolver: Resolver, name: str) -> tuple[Index, ...]:
    return tuple(Index(v.letter, resolver.sizes.symbol(v)) for v in resolver.arrays[name])

"""One expression of a formula -> the same with every name resolved and every read checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbp.notation.affine import tidy
from symbp.notation.evaluate import constant_value, exact_value
from symbp.notation.expr import (
    Add,
    Call,
    Compare,
    Expr,
    Index,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Span,
    Sym,
    number,
    rebuild,
    walk,
)
from symbp.notation.functions import FUNCTIONS, REDUCTIONS, RESERVED
from symbp.notation.problems import FormulaProblem, did_you_mean
from symbp.notation.sizes import AxisVariable, Sizes
from symbp.notation.source import FormulaSource
from symbp.notation.whole import KEEPS_WHOLE, MINUS_ONE, divided, remainder

MAX_EXPONENT = 100
ONE = Num(Fraction(1))
Scope = Mapping[str, AxisVariable]
NOTHING = Num(number(0).value)


@dataclass(slots=True)
class Resolver:
    """Resolves the expressions of one source.  Problems are collected, and an expression with one gets a stand-in.

    `arrays` gives the axis variables of every tensor that may be read, values included.  The size of an index is, until
    `finish`, a `Sym` that names its axis variable.
    """

    source: FormulaSource
    sizes: Sizes
    arrays: dict[str, tuple[AxisVariable, ...]] = field(default_factory=dict)
    integer: set[str] = field(default_factory=set)
    problems: list[FormulaProblem] = field(default_factory=list)
    reduction_count: int = 0

    # --- names ---

    def problem(self, code: str, message: str, span: Span | None, hint: str = "") -> Expr:
        self.problems.append(FormulaProblem(code, message, span, hint))
        return NOTHING

    def global_variable(self, letter: str) -> AxisVariable | None:
        variable = AxisVariable(letter)
        return variable if variable in self.sizes.rank else None

    def scalar(self, name: str, span: Span | None) -> Expr | None:
        """A named number: a constant, an integer of the layer, a variable, or pi."""
        source = self.source
        for integer, value in source.integers:
            if integer == name:
                return replace(number(value), span=span)
        if name in source.constants:
            return Sym(name, "constant", name in source.positive, span=span)
        if name in source.variables:
            return Sym(name, "variable", name in source.positive, span=span)
        return Sym("pi", "constant", True, span=span) if name == "pi" else None

    def value(self, node: Expr, scope: Scope) -> Expr:
        """The node in the place of a real number."""
        match node:
            case Sym():
                return self.named(node, scope)
            case Ref():
                return self.read(node, scope)
            case Reduce():
                return self.reduction(node, scope)
            case Call() if FUNCTIONS[node.function].whole:
                return self.whole(replace(node, args=tuple(self.value(a, scope) for a in node.args)))
            case Call(function="where") if not isinstance(node.args[0], Compare):
                hint = "write where(a > b, ...)"
                return self.problem("F107", "the first argument of where is a comparison", node.args[0].span, hint)
            case Pow():
                return self.power(node, scope)
            case Mul():
                return self.product(node, scope)
            case Compare():
                return rebuild(node, tuple(tidy(self.value(c, scope), bare=True) for c in node.children))
        return rebuild(node, tuple(self.value(c, scope) for c in node.children))

    def product(self, node: Mul, scope: Scope) -> Expr:
        """A product, without the size of a letter that stands for no axis."""
        factors = tuple((a, self.value(a, scope)) for a in node.args)
        kept = tuple(new for old, new in factors if not (isinstance(old, Sym) and new == ONE))
        return replace(node, args=kept) if len(kept) > 1 else kept[0] if kept else ONE

    def whole(self, node: Call) -> Expr:
        """A floor or a remainder, which only integers have here: that of a real number has the derivative 0."""
        found = divided(node, self.integer) if node.function == "floor" else remainder(node, self.integer)
        if found is None:
            hint = "indices, sizes, whole numbers and arrays of integers have one"
            return self.problem("F114", f"{node.function} of a real number has no place in a layer", node.span, hint)
        return found

    def power(self, node: Pow, scope: Scope) -> Expr:
        exponent = _number(self.value(node.exponent, scope))
        size = constant_value(exponent)
        if size is not None and not abs(size) <= MAX_EXPONENT:
            return self.problem("F115", f"the exponent is beyond {MAX_EXPONENT}", node.exponent.span or node.span)
        return replace(node, base=self.value(node.base, scope), exponent=exponent)

    def named(self, node: Sym, scope: Scope) -> Expr:
        """A name without brackets: a scalar, a tensor without indices, an index as a number, or the size of an axis."""
        name = node.name
        scalar = self.scalar(name, node.span)
        if scalar is not None:
            return scalar
        if name in self.arrays:
            return self.bare_tensor(name, node.span, scope)
        if self.source.axes(name) != (name,):
            return self.problem("F121", f"{name!r} stands for several axes here and is no number", node.span)
        if name in scope:
            return self.index(scope[name], node.span)
        if name in REDUCTIONS:
            return self.problem("F111", f"{name} needs its indices", node.span, f"write {name}[i](...)")
        size = self.size_of(name, node.span, scope)
        if size is not None:
            return size
        known = (*self.arrays, *self.source.constants, *self.source.variables, *scope)
        if name[0].isupper() and name.lower() != name:
            hint = (
                did_you_mean(name, known)
                or f"a capital is the size of an axis; no axis has the letter {name.lower()!r}"
            )
            return self.problem("F122", f"unknown name {name!r}", node.span, hint)
        hint = did_you_mean(name, known) or (f"known here: {', '.join(dict.fromkeys(known))}" if known else "")
        return self.problem("F122", f"unknown name {name!r}", node.span, hint)

    def bare_tensor(self, name: str, span: Span | None, scope: Scope) -> Expr:
        letters = self.arrays[name]
        if not letters:
            return Ref(name, (), span=span)
        if self.source.pointwise is None:
            shown = ",".join(v.letter for v in letters)
            return self.problem(
                "F123", f"{name!r} has {_indices(len(letters))} and is read without", span, f"write {name}[{shown}]"
            )
        for variable in letters:
            if variable.letter not in scope:
                return self.problem("F124", f"{name!r} has the axis {variable.letter!r}, which the result lacks", span)
        return Ref(name, tuple(self.index(v, span) for v in letters), span=span)

    def size_of(self, name: str, span: Span | None, scope: Scope) -> Expr | None:
        letter = name.lower()
        if name != letter.upper() or name == letter:
            return None
        axes = self.source.axes(letter)
        if not axes and letter != "n":
            return replace(ONE, span=span)
        if letter == "n" or axes != (letter,):
            found = [AxisVariable(m) for m in axes]
        else:
            variable = scope.get(letter) or self.global_variable(letter)
            found = [variable] if variable else []
        if not found:
            return None
        factors = tuple(Sym(_key(v), "size", span=span) for v in found)
        return factors[0] if len(factors) == 1 else Mul(factors, span=span)

    def index(self, variable: AxisVariable, span: Span | None) -> Index:
        return Index(variable.letter, Sym(_key(variable), "size"), span=span)

    # --- arrays ---

    def read(self, node: Ref, scope: Scope) -> Expr:
        if node.name not in self.arrays:
            return self.unknown_array(node)
        at = self.places(node.at, scope)
        axes = self.arrays[node.name]
        if len(at) != len(axes):
            shown = f"{node.name}[{','.join(v.letter for v in axes)}]" if axes else node.name
            return self.problem(
                "F123", f"{node.name!r} has {_indices(len(axes))}, read with {len(at)}", node.span, f"it is {shown}"
            )
        for place, axis in zip(at, axes, strict=True):
            if isinstance(place, Index):
                self.sizes.unify(axis, _variable(place), place.span)
        return replace(node, at=tuple(at))

    def unknown_array(self, node: Ref) -> Expr:
        place = node.span and Span(node.span.start, node.span.start + len(node.name))
        if self.scalar(node.name, None) is not None:
            return self.problem("F123", f"{node.name!r} is a number and has no indices", place)
        hint = did_you_mean(node.name, self.arrays) or f"arrays known here: {', '.join(self.arrays)}"
        return self.problem("F125", f"unknown array {node.name!r}", place, hint)

    def places(self, at: tuple[Expr, ...], scope: Scope) -> list[Expr]:
        """The entries of the brackets; letters for several axes become the indices of these."""
        result: list[Expr] = []
        for entry in at:
            if isinstance(entry, Index):
                axes = self.source.axes(entry.name)
                result.extend(self.place(Index(m, entry.size, span=entry.span), scope) for m in axes)
            else:
                result.append(tidy(self.place(entry, scope)))
        return result

    def place(self, node: Expr, scope: Scope) -> Expr:
        """An entry of the brackets of an array: an integer expression in indices, integers and integer arrays."""
        match node:
            case Index():
                return self.letter(node, scope)
            case Num():
                whole = node.value.denominator == 1
                return node if whole else self.problem("F126", "an index is an integer", node.span)
            case Add():
                return replace(node, args=tuple(self.place(a, scope) for a in node.args))
            case Mul():
                return self.place_product(node, scope)
            case Call() if FUNCTIONS[node.function].whole or node.function in KEEPS_WHOLE:
                return self.whole_place(node, scope)
            case Compare():
                return rebuild(node, tuple(tidy(self.place(c, scope), bare=True) for c in node.children))
            case Ref():
                if node.name in self.arrays and node.name not in self.integer:
                    return self.problem("F126", f"{node.name!r} is not an integer array", node.span)
                return self.read(node, scope)
        hint = "letters, integers, sums and integer functions of them, as in s*p + u - a or max(0, i - 1)"
        return self.problem("F126", "this is no index", node.span, hint)

    def place_product(self, node: Mul, scope: Scope) -> Expr:
        factors = tuple(self.place(a, scope) for a in node.args)
        if sum(not isinstance(f, Num | Sym) for f in factors) > 1:
            return self.problem("F126", "an index is multiplied by integers and sizes only", node.span)
        return replace(node, args=factors)

    def whole_place(self, node: Call, scope: Scope) -> Expr:
        """An integer function of indices, as ``max(0, i - 1)`` and ``p//2``."""
        if node.function == "floor":
            node = replace(node, args=tuple(self.ratio(a, scope) for a in node.args))
        else:
            node = replace(node, args=tuple(tidy(self.place(a, scope), bare=True) for a in node.args))
        return self.whole(node) if FUNCTIONS[node.function].whole else node

    def ratio(self, node: Expr, scope: Scope) -> Expr:
        """The argument of a floor: a quotient of places."""
        match node:
            case Num():
                return node
            case Pow() if node.exponent == MINUS_ONE:
                return replace(node, base=self.place(node.base, scope))
            case Mul():
                above = tuple(f for f in node.args if not isinstance(f, Pow))
                rest = [self.ratio(f, scope) for f in node.args if isinstance(f, Pow)]
                if not above:
                    return replace(node, args=tuple(rest))
                front = tidy(self.place(above[0] if len(above) == 1 else replace(node, args=above), scope), bare=True)
                return replace(node, args=(front, *rest))
        return tidy(self.place(node, scope), bare=True)

    def letter(self, node: Index, scope: Scope) -> Expr:
        name = node.name
        if name in scope:
            return self.index(scope[name], node.span)
        scalar = self.scalar(name, node.span)
        if isinstance(scalar, Num):
            return scalar
        if scalar is not None:
            return self.problem("F126", f"{name!r} is a real number, not an index", node.span)
        if name in self.integer and not self.arrays[name]:
            return Ref(name, (), span=node.span)
        size = self.size_of(name, node.span, scope)
        if isinstance(size, Sym):
            return size
        if name in self.arrays:
            kind = "an array and needs its own indices" if name in self.integer else "not an integer array"
            return self.problem("F126", f"{name!r} is {kind}", node.span)
        hint = f"sum over it, as in sum[{name}](...), or give it to the left side"
        return self.problem("F127", f"index {name!r} is neither on the left side nor bound by a sum", node.span, hint)

    def reduction(self, node: Reduce, scope: Scope) -> Expr:
        inner = dict(scope)
        self.reduction_count += 1
        bound: list[Index] = []
        for letter in node.bound:
            for name in self.source.axes(letter.name):
                self.check_letter(name, letter.span, inner)
                inner[name] = self.declared(name, f"r{self.reduction_count}", letter.span)
                bound.append(self.index(inner[name], letter.span))
        body = self.value(node.body, inner)
        return replace(node, bound=tuple(bound), body=body) if bound else body

    def declared(self, letter: str, scope_name: str, span: Span | None) -> AxisVariable:
        """The variable of a letter that is bound here: the formula's own if it is declared, else a new one."""
        known = self.global_variable(letter)
        if known:
            return known
        fresh = AxisVariable(letter, scope_name)
        self.sizes.add(fresh, sized=False, span=span)
        return fresh

    def check_letter(self, name: str, span: Span | None, scope: Scope) -> None:
        if not name[0].islower():
            self.problem("F128", f"the index {name!r} is a capital; index letters are lower case", span)
        elif name in RESERVED or self.scalar(name, None) is not None:
            self.problem("F128", f"{name!r} has another meaning here and cannot be an index", span)
        elif name in scope:
            self.problem("F129", f"the index {name!r} is in use already", span, "take another letter for this one")

    # --- the end ---

    def finish(self, node: Expr) -> Expr:
        """The node with the symbol of its class in the place of every size."""
        if isinstance(node, Sym):
            return self.finished_size(node)
        if isinstance(node, Index):
            size = node.size
            return replace(node, size=self.finished_size(size)) if isinstance(size, Sym) else node
        done = rebuild(node, tuple(self.finish(c) for c in node.children))
        if isinstance(done, Reduce):
            bound = (self.finish(i) for i in done.bound)
            return replace(done, bound=tuple(i for i in bound if isinstance(i, Index)))
        return done

    def finished_size(self, node: Sym) -> Sym:
        return replace(self.sizes.symbol(_unkey(node.name)), span=node.span) if node.kind == "size" else node


def _number(node: Expr) -> Expr:
    """A rational number where the expression is one: 1/norm, the norm being an integer of the layer."""
    try:
        value = exact_value(node) if isinstance(node, Mul | Pow | Add) else None
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return node
    rational = value is not None and not any(isinstance(n, Pow) and n.exponent != MINUS_ONE for n in walk(node))
    return Num(value, span=node.span) if rational and value is not None else node


def _key(variable: AxisVariable) -> str:
    return f"{variable.letter}@{variable.scope}"


def _unkey(name: str) -> AxisVariable:
    letter, _, scope = name.partition("@")
    return AxisVariable(letter, scope)


def _variable(index: Index) -> AxisVariable:
    return _unkey(index.size.name) if isinstance(index.size, Sym) else AxisVariable(index.name)


def _indices(count: int) -> str:
    return "no index" if count == 0 else "1 index" if count == 1 else f"{count} indices"

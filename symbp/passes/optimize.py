"""The list of passes.  Each is a plain function from a program to a program, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from symbp.errors import DerivationError, Problem
from symbp.lower.model import Body, Program, Routine
from symbp.passes.account import Entry, Ledger
from symbp.passes.again import save_or_form_again_by_calls
from symbp.passes.aliases import read_through
from symbp.passes.beforehand import compute_scalars_first
from symbp.passes.beginning import leave_out_first
from symbp.passes.behind import behind_maxima
from symbp.passes.blocked import update_in_blocks
from symbp.passes.brief import few_calls
from symbp.passes.bylabel import sum_by_label
from symbp.passes.clamped import compare_with_arrays
from symbp.passes.contract import contract
from symbp.passes.convolve import choose_programs
from symbp.passes.copies import read_through_copies
from symbp.passes.dead import drop_dead
from symbp.passes.early import derive_early
from symbp.passes.estimate import estimate
from symbp.passes.fuse import fuse
from symbp.passes.hoist import hoist_all, hoist_sums
from symbp.passes.in_loops import look_up_in_loops
from symbp.passes.in_rows import run_in_known_rows, run_in_rows
from symbp.passes.inline import inline_short, inline_single_readers, update_in_one
from symbp.passes.kept_parts import keep_parts
from symbp.passes.labelled import choose_sums
from symbp.passes.labels import find_one_hots
from symbp.passes.late import compute_late
from symbp.passes.layouts import choose_layouts, choose_layouts_for_loops
from symbp.passes.ledger import ByCost, Choice, Setting, Sized, default_setting
from symbp.passes.lookups import look_up_late
from symbp.passes.maxima import compare_with_maxima
from symbp.passes.merge import merge_axes, merge_axes_read
from symbp.passes.micro_batches import choose_micro_batch, with_rows
from symbp.passes.naming import name_steps
from symbp.passes.numbers import numbers_inside
from symbp.passes.offsets import sums_from_the_first
from symbp.passes.ones import bias_rows
from symbp.passes.outline import call_routines
from symbp.passes.parts import in_parts
from symbp.passes.phases import keep_blocks
from symbp.passes.places import assign_places
from symbp.passes.polynomials import multiply_out
from symbp.passes.primitive import make_primitive
from symbp.passes.results import large_results, largest_results
from symbp.passes.rooms import lay_inside
from symbp.passes.rows_apart import lay_rows_apart
from symbp.passes.saved import save_or_form_again
from symbp.passes.scatters import scatter_apart
from symbp.passes.seeds import scale_the_seed
from symbp.passes.share import share
from symbp.passes.single import drop_single_places
from symbp.passes.split import split
from symbp.passes.states import choose_units
from symbp.passes.stores import store_in_blocks
from symbp.passes.summed import never_form
from symbp.passes.sums import add_at_once
from symbp.passes.tables import compute_once
from symbp.passes.together import do_together
from symbp.passes.unpriced import REASONS
from symbp.passes.windows import name_windows

Pass = Callable[[Program], tuple[Program, str]] | ByCost | Sized


ALWAYS: tuple[tuple[str, Pass], ...] = (
    ("dead values", drop_dead),
    ("single places", drop_single_places),
    ("one-hot rows", find_one_hots),
    ("parts", in_parts),
    ("tables", compute_once),
    ("sums", add_at_once),
)
SIMPLE: tuple[tuple[str, Pass], ...] = (
    *ALWAYS,
    ("in front of loops", Sized(hoist_sums)),
    ("products", ByCost(contract)),
    ("scatters", scatter_apart),
    ("axes", merge_axes),
    ("named windows", name_windows),
    ("named functions", call_routines),
    ("late values", compute_late),
    ("single readers", inline_single_readers),
)
# A function has no workspace: it computes its tables where it reads them.
FUNCTION: tuple[tuple[str, Pass], ...] = (
    *(named for named in ALWAYS if named[1] is not compute_once),
    ("products", ByCost(contract)),
    ("single readers", inline_single_readers),
)
CALLS: tuple[tuple[str, Pass], ...] = (
    *ALWAYS[:1],
    ("seed", ByCost(scale_the_seed)),
    *ALWAYS[1:],
    ("behind maxima", Sized(behind_maxima)),
    ("in front of loops", Sized(hoist_all)),
    ("products", ByCost(contract)),
    ("sums instead", ByCost(never_form)),
    ("look-ups", ByCost(look_up_late)),
    ("sums by label", ByCost(sum_by_label)),
    ("look-ups in loops", ByCost(look_up_in_loops)),
    ("axes", merge_axes_read),
    ("scatters", scatter_apart),
    ("labels", ByCost(choose_sums)),
    ("copies", read_through),
    ("late values", compute_late),
    ("single readers", update_in_one),
    ("polynomials", multiply_out),
    ("units of states", choose_units),
    ("few calls", ByCost(few_calls)),
    ("bias rows", ByCost(bias_rows)),
    ("primitives", make_primitive),
    ("numbers", Sized(numbers_inside)),
    ("local derivatives", ByCost(derive_early)),
    ("kept parts", ByCost(keep_parts)),
    ("layouts", ByCost(choose_layouts)),
    ("windows", ByCost(choose_programs)),
    ("together", do_together),
    ("calls", split),
    ("first steps", ByCost(leave_out_first)),
    ("numbers first", compute_scalars_first),
    ("blocks of the update", ByCost(update_in_blocks)),
    ("equal calls", share),
    ("sums with numbers", sums_from_the_first),
    ("known maxima", compare_with_maxima),
    ("numbers as arrays", ByCost(compare_with_arrays)),
    ("blocks", keep_blocks),
    ("stores", store_in_blocks),
    ("inside padded arrays", lay_inside),
    ("saved values", ByCost(save_or_form_again_by_calls)),
    ("rows apart", ByCost(lay_rows_apart)),
    ("rows", ByCost(run_in_rows)),
    ("large results", ByCost(large_results)),
    ("memory", ByCost(assign_places)),
    ("names", name_steps),
)
# A compiled function is one call whatever it does, and takes no longer for one number more.
FOR_CALLS = frozenset((
    "seed", "few calls", "bias rows", "kept parts", "together", "blocks of the update", "numbers as arrays",
    "large results", "rows apart",
))  # fmt: skip
FOR_LOOPS: dict[str, Pass] = {
    "layouts": ByCost(choose_layouts_for_loops), "saved values": ByCost(save_or_form_again),
    "rows": ByCost(run_in_known_rows),
}  # fmt: skip
IN_LOOPS = [(name, FOR_LOOPS.get(name, run)) for name, run in CALLS if name not in FOR_CALLS]
COMPILED: tuple[tuple[str, Pass], ...] = (
    *IN_LOOPS,
    ("largest results", ByCost(largest_results)),
    ("kernels", ByCost(fuse)),
)
# Of a prediction: this before all others, and these in the place of others.
FIRST: tuple[tuple[str, Pass], ...] = (("copies", read_through_copies),)
INSTEAD: dict[str, Pass] = {"single readers": inline_short}


def optimize(program: Program, level: int, setting: Setting | None = None) -> tuple[Program, Ledger]:
    """The program after all passes of a level, and what each pass saved.

    Level 0 is the simplest form; level 1 has buffers and one call a statement; level 2 kernels for a compiler besides.
    What passes choose by cost is chosen for the `setting`: a machine and a batch, by default the default ones.  Where
    the batch is cut into micro-batches, all passes run once more for those.
    """
    setting = setting or default_setting()
    if not level:  # the simplest form is the same on all machines
        setting = default_setting(setting.samples, setting.sizes)
    done, ledger = _optimized(program, level, setting)
    micro, choice = choose_micro_batch(done, setting) if level else (None, None)
    if micro is not None:
        done, ledger = _optimized(replace(program, micro=micro), level, replace(setting, samples=micro.size))
        ledger = replace(ledger, whole=setting.samples)
    done = with_rows(done, setting) if level else done
    return done, replace(ledger, micro=choice)


def _optimized(program: Program, level: int, setting: Setting) -> tuple[Program, Ledger]:
    """The program after all passes of a level."""
    passes = (SIMPLE, CALLS, COMPILED)[level]
    program, first = _bodies(program, level, setting)
    program, entries = _after(passes, program, setting)
    entries = [*first, *entries]
    if program.inference is not None:
        other = tuple((name, INSTEAD.get(name, run) if not level else run) for name, run in passes)
        inference, more = _beside(program.inference, program.routines, (*FIRST, *other), level, setting, "prediction")
        bodies = program.bodies  # those of the training step, whose time its own loops over blocks take
        more = [replace(e, old=replace(e.old, bodies=bodies), new=replace(e.new, bodies=bodies)) for e in more]
        program, entries = replace(program, inference=inference), [*entries, *more]
    if program.hessian is not None:
        routines = (program.inference or program).routines
        try:
            hessian, more = _beside(program.hessian, routines, passes, level, setting, "Hessian")
        except ValueError as error:  # of the check of the program
            message = f"the Hessian-vector product of this network has no array form yet: {error}"
            raise DerivationError(Problem("D401", message)) from None
        program, entries = replace(program, hessian=hessian), [*entries, *more]
    if program.start is not None:
        start, _ = _after((*ALWAYS, *SIMPLE), program.start, setting)
        program = replace(program, start=replace(start, form="simple"))
    ledger = Ledger(tuple(entries), setting, tuple(estimate(program, setting).describe()))
    return program if level else replace(program, form="simple"), ledger


def _beside(
    program: Program,
    known: tuple[Routine, ...],
    passes: tuple[tuple[str, Pass], ...],
    level: int,
    setting: Setting,
    title: str,
) -> tuple[Program, list[Entry]]:
    """A program that a module has beside that of a training step, after these passes; it may call `known` functions."""
    done, entries = _after(passes, replace(program, routines=known), setting)
    done = done if level else replace(done, form="simple")
    return done, [replace(e, name=f"{title}: {e.name}") for e in entries]


def _bodies(program: Program, level: int, setting: Setting) -> tuple[Program, list[Entry]]:
    """The program with the bodies of its loops optimised; functions that one of them calls are known to the next."""
    bodies, entries, routines = list[Body](), list[Entry](), program.routines
    for body in program.bodies:
        done, ledger = optimize(replace(body.program, routines=routines), level, setting)
        routines = done.routines if done.inference is None else done.inference.routines
        bodies.append(replace(body, program=done))
        name = body.graph.name
        entries += [replace(e, name=f"a block of {name}: {e.name}") for e in ledger.entries]
    return replace(program, bodies=tuple(bodies), routines=routines), entries


def _after(passes: tuple[tuple[str, Pass], ...], program: Program, setting: Setting) -> tuple[Program, list[Entry]]:
    """The program after these passes, and what each saved."""
    entries: list[Entry] = []
    for name, run in passes:
        before = program
        program, did, choices = done(run, before, setting)
        unpriced = "" if isinstance(run, ByCost) else REASONS[name]
        entries.append(Entry(name, _summary(run), did, before, program, setting, choices, unpriced))
    program.check()
    return program, entries


def done(run: Pass, program: Program, setting: Setting) -> tuple[Program, str, tuple[Choice, ...]]:
    """The program after one pass, what that did, and what it chose."""
    if isinstance(run, ByCost):
        return run.run(program, setting)
    return *(run.run(program, setting) if isinstance(run, Sized) else run(program)), ()


def optimize_function(program: Program) -> Program:
    """A program of one stage, outside of any network, in the simplest form."""
    for _, run in FUNCTION:
        program, _, _ = done(run, program, default_setting())
    program.check()
    return replace(program, form="simple")


def _summary(run: Pass) -> str:
    """The first line of a pass's docstring."""
    function = run.run if isinstance(run, ByCost | Sized) else run
    return (function.__doc__ or "").strip().split("\n")[0]

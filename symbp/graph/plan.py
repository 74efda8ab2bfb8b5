"""The layers of a spec as one list: blocks taken apart, every name completed, what each layer reads found.

A name is looked for where it stands and then outside: in ``block.0`` the name ``ln1`` is ``block.0.ln1`` if there is
one, else a layer or an input of the network.  Within a block, ``input`` is what the block reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbp.graph.composed import entries_of
from symbp.graph.network import Network
from symbp.graph.site import Site
from symbp.library.declaration import Block, Layer
from symbp.notation.problems import did_you_mean
from symbp.spec.tree import Trail
from symbp.spec.vocabulary import BlockEntry, LayerEntry, NodeEntry

INPUT = "input"  # within a block: what it reads
LARGEST = 20_000  # layers, with all copies
GIVEN = {"input": "an input", "random": "a random array"}  # keys of a spec whose names layers may read


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that something reads: by the name that the spec gives at `trail`, or by a whole name."""

    name: str
    level: Level
    trail: Trail | None = None


Reads = tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """Where names are looked for: `prefix` stands before those of the layers here; `reads` is what the block reads, by
    the names `inputs`.

    `counts` numbers layers without a name.  `copied`: the same entries were planned before.  `twin` is the prefix of
    layers whose parameters those here share.
    """

    prefix: str = ""
    outer: Level | None = None
    reads: Reads = ()
    inputs: tuple[str, ...] = (INPUT,)
    counts: dict[str, int] = field(default_factory=dict)
    copied: bool = False
    frozen: bool = False
    twin: str | None = None


NOTHING: Reads = (Wanted("", Level()),)  # what a layer reads where that could not be told, and was reported


@dataclass(frozen=True, slots=True)
class Planned:
    """One layer.  `reads` are whole names of layers and inputs; None for one that leads nowhere, which is reported.

    `share` is as in the spec, with whole names.  `copied`: what is wrong with it was reported for another copy.
    """

    site: Site
    entry: NodeEntry
    reads: tuple[str | None, ...]
    share: str | Mapping[str, str] | None
    frozen: bool = False
    copied: bool = False


@dataclass(frozen=True, slots=True)
class _Draft:
    """A layer before names are looked up."""

    site: Site
    entry: NodeEntry
    level: Level
    reads: Reads


def plan_of(net: Network) -> list[Planned]:
    """All layers in the order of the spec, with problems of names reported; the last one is the network's output."""
    planner = _Planner(net)
    planner.lines.update((name, (key, name)) for key in GIVEN for name in getattr(net.spec, key))
    top = Level()
    inputs = tuple(Wanted(name, top) for name in net.spec.input)
    last = planner.layers(net.spec.layers, ("layers",), top, inputs if len(inputs) == 1 else ())
    planned = [planner.resolved(draft) for draft in planner.drafts]
    net.aliases.update(planner.aliases)
    net.last_name = last[0].name if last else ""
    planner.check_frozen()
    return planned


@dataclass(frozen=True, slots=True)
class _Shared:
    """What another block takes from one that it shares its parameters with."""

    type: str
    entries: Sequence[NodeEntry]
    trail: Trail
    prefix: str


@dataclass
class _Planner:
    net: Network
    drafts: list[_Draft] = field(default_factory=list)
    lines: dict[str, Trail] = field(default_factory=dict)  # whole names, and where they are given
    aliases: dict[str, str] = field(default_factory=dict)  # blocks, and the layers whose values they give
    blocks: dict[str, _Shared] = field(default_factory=dict)

    # --- taking blocks apart ---

    def layers(self, entries: Sequence[NodeEntry], trail: Trail, level: Level, reads: Reads) -> Reads:
        """Plan a list of layers of which the first reads `reads`; returns what the layer behind the last one reads."""
        for position, entry in enumerate(entries):
            here: Trail = (*trail, position)
            name = self.name_of(entry, here, level)
            site = Site(name or "", entry.type, here)
            if entry.inputs is not None:
                reads = self.given(entry.inputs, (*here, "inputs"), level)
            elif not reads:
                reads = self._no_input(site)
            declared = self.net.vocabulary.declaration("layer", entry.type)
            if name is None:
                reads = NOTHING
            elif isinstance(declared, Block):
                reads = self.block(site, entry, declared, level, reads)
            else:
                reads = self.layer(site, entry, level, (*reads, *self.by_keys(declared, entry, here, level)))
        return reads

    def by_keys(self, declared: object, entry: NodeEntry, trail: Trail, level: Level) -> Reads:
        """What a layer reads because keys name it."""
        if not isinstance(declared, Layer) or not isinstance(entry, LayerEntry):
            return ()
        keys = (key for key, _ in declared.given if entry[key] is not None)
        return tuple(Wanted(str(entry[key]), level, (*trail, key)) for key in keys)

    def given(self, names: Sequence[str], trail: Trail, level: Level) -> Reads:
        """The values that an entry names."""
        alone = len(names) == 1
        return tuple(Wanted(n, level, trail if alone else (*trail, k)) for k, n in enumerate(names))

    def layer(self, site: Site, entry: NodeEntry, level: Level, reads: Reads) -> Reads:
        if len(self.drafts) == LARGEST:
            self.net.findings.add("E204", f"a network may have {LARGEST} layers, with all copies", ("layers",))
            self.net.findings.raise_all()  # wiring so many would take long
        self.drafts.append(_Draft(site, entry, level, reads))
        return (Wanted(site.name, Level()),)

    def name_of(self, entry: NodeEntry, trail: Trail, level: Level) -> str | None:
        """The whole name of an entry: its own, or its type and a number; None where it is taken, and reported."""
        level.counts[entry.type] = level.counts.get(entry.type, 0) + 1
        own = entry.name or f"{entry.type}_{level.counts[entry.type]}"
        name, place = level.prefix + own, (*trail, "name") if entry.name else trail
        if name in self.lines and level.copied:
            return None
        if name in self.lines:
            line = self.net.findings.origin.line(self.lines[name])
            what = GIVEN.get(str(self.lines[name][0]), "another layer")
            where = f" in line {line}" if line is not None else ""
            message = f"{what} has the name {own!r} already{where}"
            self.net.findings.add("E302", message, place, "give this layer another name")
            self.net.lost = True
            return None
        self.lines[name] = place
        self.net.named.update([name] if entry.name else [])
        return name

    def block(self, site: Site, entry: NodeEntry, declared: Block, level: Level, reads: Reads) -> Reads:
        """The inner layers of a block, and the layer that merges what they make with what the block reads."""
        entries, trail, twin = self._inner(site, entry, declared, level)
        if declared.inner and not self._count_fits(site, declared, reads):
            return NOTHING
        times = int(entry[declared.times]) if declared.times else 1
        own = declared.times or declared.turned or declared.inner or (declared.level and entry.name)
        prefix = f"{site.name}." if own else level.prefix
        if prefix != level.prefix:
            self.blocks[site.name] = _Shared(entry.type, entries, trail, prefix)
        own_keys = [key.name for key in declared.keys if key.kind == "value" and entry[key.name] is not None]
        all_reads = (*reads, *(Wanted(str(entry[key]), level, (*site.trail, key)) for key in own_keys))
        base = replace(level, outer=level, reads=all_reads, inputs=(*declared.inputs, *own_keys))
        base = replace(base, frozen=level.frozen or entry.freeze)
        if prefix != level.prefix:
            base = replace(base, prefix=prefix, twin=self._twin(site.name, level, twin), counts={})
        if declared.turned:
            return self._both_ways(site, entry, declared, base, reads)
        made = reads
        if declared.times:
            self.net.repeats.append(site.name)
            self._checkpoint(site, entry, times)
        for k in range(times):
            given = (*made[:1], *all_reads[1:]) if declared.inner else made
            inner = replace(base, reads=given, copied=level.copied or twin is not None or k > 0)
            if declared.times:
                inner = self._copy(inner, site.name, k, tied=bool(entry["tied"]))
            made = self.layers(entries, trail, inner, made[:1] if declared.inner else made)
            if declared.times:
                self.aliases[f"{site.name}.{k}"] = made[0].name if made else ""
        if not declared.merge:
            self.aliases[site.name] = made[0].name if made else ""
            return made
        return self._merged(site, entry, declared, base, reads, made)

    def _checkpoint(self, site: Site, entry: NodeEntry, times: int) -> None:
        """Notes that the backward pass computes the values of copies again, which saves memory if there are several."""
        if entry["checkpoint"]:
            self.net.checkpoints.append(site.name)
        if entry["checkpoint"] and times == 1:
            message = "`checkpoint` computes copies again one by one, and there is one alone"
            self.net.findings.add("E316", message, (*site.trail, "checkpoint"), "leave `checkpoint` out")

    def _count_fits(self, site: Site, declared: Block, reads: Reads) -> bool:
        wanted = len(declared.inputs)
        if len(reads) != wanted:
            message = f"{site} reads {wanted} input{'s' if wanted > 1 else ''}, found {len(reads)}"
            names = f"inputs: [{', '.join(declared.inputs)}]" if wanted > 1 else ""
            self.net.findings.add("E303", message, (*site.trail, "inputs"), names)
            self.net.lost = True
        return len(reads) == wanted

    def _both_ways(self, site: Site, entry: NodeEntry, declared: Block, level: Level, reads: Reads) -> Reads:
        """The inner layers as they are, the same turned around, and the layer that joins the two."""
        entries, trail, _ = self._inner(site, entry, declared, level)
        turned = [_turned(inner, declared.turned) for inner in entries]
        if not any(hasattr(inner, declared.turned) for inner in entries):
            message = f"no layer inside has the key `{declared.turned}`"
            self.net.findings.add("E202", message, trail, "a recurrent layer has it, such as lstm")
        made: Reads = ()
        for name, inner in (("forwards", entries), ("backwards", turned)):
            twin = level.twin and f"{level.twin}{name}."
            copied = level.copied or inner is turned
            own = replace(level, prefix=f"{level.prefix}{name}.", twin=twin, counts={}, copied=copied)
            made = (*made, *self.layers(inner, trail, own, reads)[:1])
        return self._joined(site, str(entry["merge"]), None, level, made)

    def _copy(self, level: Level, name: str, k: int, *, tied: bool) -> Level:
        """The level of copy k of a block."""
        twin = f"{name}.0." if tied and k else level.twin and f"{level.twin}{k}."
        return replace(level, prefix=f"{name}.{k}.", twin=twin, counts={})

    def _twin(self, name: str, level: Level, twin: str | None) -> str | None:
        """The prefix of the layers that those of a block share their parameters with."""
        if twin is not None:
            return twin
        return level.twin and f"{level.twin}{name.removeprefix(level.prefix)}."

    def _inner(
        self, site: Site, entry: NodeEntry, declared: Block, level: Level
    ) -> tuple[Sequence[NodeEntry], Trail, str | None]:
        """The entries inside a block, where they stand, and the prefix of the block that it shares with."""
        trail: Trail = (*site.trail, "layers")
        layers = entry.layers if isinstance(entry, BlockEntry) else entries_of(declared, entry, self.net.vocabulary)
        if entry.share is None:
            if layers is None:
                self.net.findings.add("E202", "`layers` is missing", site.trail)
            return layers or (), trail, None
        other = self._shared_block(site, entry, level)
        if other is None:
            return layers or (), trail, None
        if layers is not None:
            return layers, trail, other.prefix
        return other.entries, other.trail, other.prefix

    def _shared_block(self, site: Site, entry: NodeEntry, level: Level) -> _Shared | None:
        trail: Trail = (*site.trail, "share")
        if not isinstance(entry.share, str):
            hint = "a block shares all of them: share: encoder"
            self.net.findings.add("E308", "a block names the block whose parameters it shares", trail, hint)
            return None
        here: Level | None = level
        while here is not None:
            found = self.blocks.get(here.prefix + entry.share)
            if found is not None and found.type == entry.type:
                return found
            here = here.outer
        hint = did_you_mean(entry.share, self.blocks) or "it has a name, and stands before this one"
        self.net.findings.add("E301", f"there is no {entry.type} {entry.share!r} to share", trail, hint)
        return None

    def _merged(self, site: Site, entry: NodeEntry, declared: Block, level: Level, reads: Reads, made: Reads) -> Reads:
        """The layer that joins the input of a block, or what its branch makes of it, with what its layers make."""
        if len(reads) > 1:
            trail = (*site.trail, "inputs")
            self.net.findings.add("E303", f"{site} reads 1 input, found {len(reads)}", trail)
        branch = entry[declared.branch] if declared.branch else None
        detour = reads[:1]
        if branch:
            detour = self.layers(branch, (*site.trail, declared.branch), level, reads[:1])
        hint = f"the inner layers keep the shape, or `{declared.branch}:` has layers that bring the input to theirs"
        return self._joined(replace(site, hint=hint), declared.merge, entry["activation"], level, (*detour, *made[:1]))

    def _joined(self, site: Site, merge: str, activation: object, level: Level, reads: Reads) -> Reads:
        """The layer of the type `merge` that reads all of these."""
        data = {"type": merge} | ({"activation": activation} if activation else {})
        vocabulary = self.net.vocabulary
        layer = vocabulary.model("layer", merge).model_validate(data, context=vocabulary)
        assert isinstance(layer, LayerEntry)
        return self.layer(site, layer, level, reads)

    # --- looking names up ---

    def resolved(self, draft: _Draft) -> Planned:
        """A layer with the whole names of all that it reads and shares."""
        site, level = draft.site, draft.level
        reads = tuple(self._found(wanted) for wanted in draft.reads)
        self.net.read.update(name for name in reads if name is not None)
        share = self._share(draft.entry.share, level)
        if level.twin is not None and site.name.startswith(level.prefix):
            share = level.twin + site.name.removeprefix(level.prefix)
        frozen = level.frozen or draft.entry.freeze or self._is_frozen(site.name)
        return Planned(site, draft.entry, reads, share, frozen, level.copied)

    def _found(self, wanted: Wanted) -> str | None:
        found = self.find(wanted.name, wanted.level) if wanted.name else None
        if found is None and wanted.trail is not None:
            if not wanted.level.copied:
                meant = _meant(wanted)
                message = f"there is no layer or input {meant.name!r}"
                hint = did_you_mean(meant.name, self._visible(meant.level))
                self.net.findings.add("E301", message, meant.trail or wanted.trail, hint)
            self.net.lost = True
        return found

    def find(self, name: str, level: Level | None) -> str | None:
        """The whole name of a layer or an input; None where there is none."""
        while level is not None:
            whole = level.prefix + name
            whole = self.aliases.get(whole, whole)
            if whole in self.lines:
                return whole
            if name in level.inputs[: len(level.reads)]:
                wanted = level.reads[level.inputs.index(name)]
                return self.find(wanted.name, wanted.level)
            level = level.outer
        return name if name in self.lines else None

    def _visible(self, level: Level | None) -> list[str]:
        names: dict[str, None] = {}
        while level is not None:
            names.update((n.removeprefix(level.prefix), None) for n in self.lines if n.startswith(level.prefix))
            level = level.outer
        return [*names]

    def _share(self, share: str | dict[str, str] | None, level: Level) -> str | Mapping[str, str] | None:
        if isinstance(share, dict):
            return {name: self._parameter(label, level) for name, label in share.items()}
        return None if share is None else self.find(share, level) or share

    def _parameter(self, label: str, level: Level) -> str:
        """``ln1.scale`` or ``emb.E.T`` with the whole name of the layer."""
        plain = label.removesuffix(".T") if label.count(".") > 1 else label
        layer, dot, name = plain.rpartition(".")
        whole = self.find(layer, level) if layer else None
        return f"{whole or layer}{dot}{name}{label.removeprefix(plain)}"

    # --- parameters that keep their values ---

    def _is_frozen(self, name: str) -> bool:
        parts = name.split(".")
        return any(".".join(parts[:k]) in self.net.spec.frozen for k in range(1, len(parts) + 1))

    def check_frozen(self) -> None:
        """Every name under `frozen` is that of a layer, a block, or what may be a parameter."""
        known = {*self.lines, *self.aliases} - {*self.net.spec.input, *self.net.spec.random}
        for position, name in enumerate(self.net.spec.frozen):
            if name not in known and name.rpartition(".")[0] not in known:
                trail: Trail = ("frozen", position) if len(self.net.spec.frozen) > 1 else ("frozen",)
                message = f"there is no layer or parameter {name!r}"
                self.net.findings.add("E301", message, trail, did_you_mean(name, known))

    def _no_input(self, site: Site) -> Reads:
        names = ", ".join(self.net.spec.input)
        hint = f"inputs: {next(iter(self.net.spec.input))}"
        self.net.findings.add("E301", f"{site} must say which input it reads: {names}", site.trail, hint)
        self.net.read.update(self.net.spec.input)
        return NOTHING


def _meant(wanted: Wanted) -> Wanted:
    """What a name within a block stands for outside of it."""
    level: Level | None = wanted.level
    while level is not None:
        if wanted.name in level.inputs[: len(level.reads)]:
            return _meant(level.reads[level.inputs.index(wanted.name)])
        level = level.outer
    return wanted


def _turned(entry: NodeEntry, key: str) -> NodeEntry:
    """The entry with a boolean key turned around, where it has it."""
    return entry.model_copy(update={key: not getattr(entry, key)}) if hasattr(entry, key) else entry

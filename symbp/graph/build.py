"""`Spec` -> `Graph`: names resolved, every axis sized, wiring checked, every formula elaborated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import PurePath

from symbp.errors import Problem
from symbp.graph.definitions import check_definitions
from symbp.graph.divisors import free_divisors
from symbp.graph.findings import Findings
from symbp.graph.inputs import add_inputs
from symbp.graph.invariants import check
from symbp.graph.layers import add_layers
from symbp.graph.loss import Ending, add_losses
from symbp.graph.model import Graph, Training
from symbp.graph.network import Network
from symbp.graph.outputs import outputs_of, report_unread
from symbp.graph.penalties import add_penalties
from symbp.graph.samples import inseparable
from symbp.graph.training import names_of, training
from symbp.graph.units import Units
from symbp.spec.model import Spec

INCONCLUSIVE = frozenset(("E309",))  # what a missing part of the spec may cause


def build(spec: Spec) -> Graph:
    """The network of a spec.  Raises SpecError with every problem found."""
    findings = Findings(spec.origin)
    net, ending, course = _built(spec, findings)
    findings.raise_all()
    assert ending is not None and course is not None, "a stage gave up without a problem"
    graph = check(_graph(net, ending, course))
    graph = replace(graph, divisors=free_divisors(graph), inseparable=inseparable(graph))
    if course.micro_batch_size and graph.inseparable:
        message = f"a batch of this network cannot be cut into micro-batches: {graph.inseparable}"
        findings.add("E317", message, ("train", "micro_batch_size"), "leave `micro_batch_size` out")
        findings.raise_all()
    return graph


def _built(spec: Spec, findings: Findings) -> tuple[Network, Ending | None, Training | None]:
    """The network with its end and its training, as far as they can be made."""
    net = Network(spec, spec.vocabulary, findings, Units(findings))
    check_definitions(net)
    course = training(spec, net.vocabulary, findings)
    add_inputs(net, names_of(course))
    add_layers(net)
    ending = add_losses(net, outputs_of(net))
    report_unread(net)
    if ending is not None:
        add_penalties(net)
    return net, ending, course


def problems_of(part: Spec) -> list[Problem]:
    """What is wrong with the network that a part of a spec declares, as far as the part tells."""
    findings = Findings(part.origin)
    _built(part, findings)
    return [p for p in findings.problems if p.code not in INCONCLUSIVE]


def _graph(net: Network, ending: Ending, course: Training) -> Graph:
    spec = net.spec
    name, text = _source(spec)
    return Graph(
        name=spec.name,
        dtype=spec.dtype,
        source_name=name,
        source_sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        inputs=tuple(spec.input),
        targets=tuple(ending.targets.values()),
        outputs=ending.shown(),
        losses=tuple(ending.losses),
        tensors=tuple(net.tensors.values()),
        parameters=tuple(net.parameters),
        nodes=tuple(net.nodes),
        training=course,
        rows=tuple(net.rows),
        constants=tuple(ending.constants),
        random=tuple(net.random),
        states=tuple(net.states),
        repeats=tuple(net.repeats),
        checkpoints=tuple(net.checkpoints),
    )


def _source(spec: Spec) -> tuple[str, str]:
    """The name of the file of a spec, without its folder, and the text that the hash is taken of."""
    if spec.origin.source is not None:
        return PurePath(spec.origin.source.file).name, spec.origin.text
    return f"{spec.name}.yaml", spec.model_dump_json(exclude_unset=True)

"""A network is derived unit by unit: each once, numbered as it appears, and merged with the loss where terms cancel."""

from types import SimpleNamespace

import numpy as np
import pytest

from symbp.derive import network
from symbp.derive.border import find_borders, merged
from symbp.derive.network import closed_forms, derive
from symbp.graph.build import build
from symbp.graph.model import LocalTensor, Node, Unit
from symbp.notation.elaborate import elaborate
from symbp.notation.source import FormulaSource, TensorSource
from symbp.notation.text import equation_text
from symbp.spec.load import loads

from .entries import entries
from .harness import program
from .measure import not_worse
from .naive import Naive, gradients

SIZES = {"N": 3, "I": 4, "J": 5, "K": 6, "M": 2}


def unit(key, text, *tensors, is_loss=False, constants=(), facts=()):
    """A unit from its formula; tensors are (declaration, role)."""
    sources = tuple(TensorSource.read(t, r) for t, r in tensors)
    found = elaborate(FormulaSource(text, sources, constants=constants, facts=facts))
    known = tuple(LocalTensor(t.name, t.indices, t.role, t.integer, t.positive) for t in found.tensors)
    return Unit(key, key, found.equations, found.equations, known, found.facts, is_loss)


def entry(key):
    return entries()[key].unit


def node(name, own, last, sizes=(("N", None), ("J", 5))):
    """A node that reads `last` by its first tensor; a parameter ``W`` is ``W_name``, a value ``u`` is ``u_name``."""
    binding = [(own.tensors[0].name, last)]
    binding += [(t.name, "t" if t.role == "data" else f"{t.name}_{name}") for t in own.tensors[1:]]
    return Node(name, name, own, tuple(binding), sizes)


def chain(*units):
    nodes, last = [], "x"
    for k, own in enumerate(units, 1):
        nodes.append(node(f"l{k}", own, last))
        last = nodes[-1].bound(own.output)
    return SimpleNamespace(nodes=tuple(nodes))


DENSE = "layer dense bias=True"


def test_a_thousand_equal_layers_cost_one_derivation(monkeypatch):
    asked = []

    def counted(equations, tensors, **options):
        asked.append(equations)
        return network_derive(equations, tensors, **options)

    network_derive = network.derive_equations
    monkeypatch.setattr(network, "derive_equations", counted)
    closed_forms.cache_clear()
    graph = chain(*[entry(DENSE), entry("activation sigmoid")] * 1000, entry("loss mse"))
    found = derive(graph)
    closed_forms.cache_clear()
    assert len(found.nodes) >= 2000
    assert len(asked) <= 6  # dense, sigmoid twice (plain, safe), mse, and the merged border twice


def test_sections_are_numbered_as_units_appear():
    graph = chain(*[entry(DENSE), entry("activation tanh")] * 2, entry(DENSE), entry("loss half_squared_error"))
    found = derive(graph)
    assert [(u.section, u.unit.key) for u in found.units] == [
        (1, "layer dense bias=True"),
        (2, "activation tanh"),
        (3, "loss half_squared_error"),
    ]
    dense = found.of(found.nodes[4])
    assert dense.number(dense.safe.forward[0]) == "1.1"
    assert dense.number(dense.safe.adjoint("x")) != "1.1"


CANCELS = [
    ("layer softmax", "loss kl_divergence", "dx[n,j] = (y[n,j] - t[n,j])/N"),
    ("layer log_softmax", "loss nll", "dx[n,j] = (exp(y[n,j]) - t[n,j])/N"),
    ("activation exp", "loss poisson_nll", "dz[n,j] = y[n,j]*(1 - t[n,j]/(y[n,j] + eps))/(N*J)"),
]


@pytest.mark.parametrize(("before", "loss", "form"), CANCELS[:2])
def test_a_border_where_terms_cancel_is_merged(before, loss, form):
    found = derive(chain(entry(DENSE), entry(before), entry(loss)))
    assert len(found.nodes) == 2
    whole = found.units[-1]
    assert whole.unit.key == f"{before} + {loss}"
    assert dict(found.nodes[-1].binding)["y"] == "y_l2", "the output of the network keeps its name"
    for closed in (whole.plain, whole.safe):
        wish = program(form, whole.unit.tensors, whole.unit.output, ("eps",))
        assert not not_worse(closed, wish, {e.name for e in whole.unit.plain})


def test_a_merged_loss_takes_the_logarithm_of_a_softmax_as_a_difference():
    """log(exp(u)/s) is u - log(s), which is finite where exp(u) is 0; the plain form says what the author said."""
    form = derive(chain(entry(DENSE), entry("layer softmax"), entry("loss kl_divergence"))).units[-1]
    assert form.equality == "checked to 40 digits"
    texts = [equation_text(q.forward[-1]) for q in (form.plain, form.safe)]
    assert "log(t[n,j]/y[n,j])" in texts[0]
    assert "where(t[n,j] > 0, x[n,j] - m[n] - log(s[n]), 0)" in texts[1]
    assert equation_text(form.safe.adjoint("x")) == "dx[n,j] = (y[n,j] - t[n,j])/N"


KEPT = [
    ("activation sigmoid", "loss half_squared_error"),
    ("activation tanh", "loss mse"),
    ("activation relu", "loss mae"),
    ("activation identity", "loss mse"),
]


@pytest.mark.parametrize(("before", "loss"), KEPT)
def test_a_border_where_nothing_cancels_stays(before, loss):
    """The chain rule of two layers reads better than a product of both."""
    found = derive(chain(entry(DENSE), entry(before), entry(loss)))
    assert [n.unit.key for n in found.nodes] == [DENSE, before, loss]


def test_no_border_before_a_layer_with_parameters():
    assert find_borders(chain(entry(DENSE), entry("loss mse"))) == ()
    assert find_borders(chain(entry("activation prelu"), entry("loss mse"))) == ()


def test_no_border_where_something_else_reads_the_value():
    graph = chain(entry("layer softmax"), entry("loss kl_divergence"))
    other = node("other", entry("activation tanh"), graph.nodes[0].bound("y"))
    assert len(find_borders(graph)) == 1
    assert find_borders(SimpleNamespace(nodes=(graph.nodes[0], other, graph.nodes[1]))) == ()


def test_penalties_do_not_hide_the_border():
    graph = chain(entry(DENSE), entry("layer softmax"), entry("loss kl_divergence"))
    penalty = Node("l2.W_l1", "l1", entry("penalty l2"), (("w", "W_l1"), ("L", "L_l2")), (("I", 4), ("J", 5)))
    found = derive(SimpleNamespace(nodes=(*graph.nodes, penalty)))
    assert [n.name for n in found.nodes] == ["l1", "l3", "l2.W_l1"]


COLLIDING = unit(
    "colliding",
    "p[n,k] = alpha*x[n,k]\nL[n] = sum[j](p[n,j]**2)\nout[n,k] = p[n,k]/(1 + L[n])",
    ("x[n,k]", "input"),
    constants=("alpha",),
)
LOSS = unit(
    "loss",
    "p[n,j] = alpha*(y[n,j] - t[n,j])\nL = sum[n,j](p[n,j]**2)/K",
    ("y[n,j]", "input"),
    ("t[n,j]", "data"),
    ("s[k]", "data"),
    is_loss=True,
    constants=("alpha",),
)


def test_names_that_both_units_use_do_not_meet():
    graph = chain(COLLIDING, LOSS)
    whole = merged(*find_borders(graph))
    names = [t.name for t in whole.unit.tensors]
    assert len(names) == len(set(names)) == len({e.name for e in whole.unit.plain}) + 3
    symbols = dict(whole.binding)
    assert symbols["y"] == "out_l1"
    assert symbols["x"] == "x"
    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=(3, 5)), "t": rng.normal(size=(3, 5)), "s": rng.normal(size=6)}
    constants = {"alpha": 0.7, "alpha1": 0.3}
    slopes = gradients(whole.unit.plain, "L", np.ones(()), ["x"], data, SIZES, constants)
    first = Naive(COLLIDING.plain, data, {"N": 3, "K": 5}, {"alpha": 0.3}).array("out")
    second = gradients(LOSS.plain, "L", np.ones(()), ["y"], {**data, "y": first}, SIZES, {"alpha": 0.7})
    chained = gradients(COLLIDING.plain, "out", second["y"], ["x"], data, {"N": 3, "K": 5}, {"alpha": 0.3})
    np.testing.assert_allclose(slopes["x"], chained["x"], rtol=1e-12)


def test_merged_equations_are_closed_under_their_names():
    nll = entry("loss nll labels=integer, ignore_index=None")
    whole = merged(*find_borders(chain(entry("layer log_softmax"), nll)))
    bound = {t.name for t in whole.unit.tensors}
    assert {name for name, _ in whole.binding} == bound
    form = closed_forms(whole.unit)[0]
    wish = program("dx[n,j] = (exp(y[n,j]) - [t[n] == j])/N", whole.unit.tensors, whole.unit.output, ())
    assert not not_worse(form, wish, {"y"})


def test_a_node_with_views_is_not_merged_into_the_loss() -> None:
    """Its letters are not the axes that the loss knows."""
    text = "symbp: 1\nname: trial\ninput: {x: [6]}\nlayers:\n  - {type: glu}\nloss: {type: mse}\n"
    graph = build(loads(text, "t.yaml"))
    assert [node.unit.title for node in derive(graph).nodes] == ["glu", "mse"]

"""Networks over layers that a test declares itself, as the library would."""

from __future__ import annotations

from symbp.errors import SpecError
from symbp.graph.build import build
from symbp.graph.model import Graph
from symbp.library.declaration import Formula, Key, Layer, Parameter
from symbp.spec.model import Spec
from symbp.spec.origin import Origin
from symbp.spec.reading import read
from symbp.spec.source import Source
from symbp.spec.tree import data_of
from symbp.spec.vocabulary import Vocabulary

REST = "loss: {type: mse}\ntrain: {optimizer: {type: sgd, lr: 0.1}}\n"
CONVOLUTION = Layer(
    type="convolution",
    summary="windows of an image",
    source="a test",
    inputs=("x[n,(g c),h,w]",),
    output="y[n,(g o),p,q]",
    formulas=(
        Formula(
            plain="y[n,g,o,p,q] = sum[c,u,v](K[g,o,c,u,v]"
            "*x[n,g,c,stride_h*p+dilation_h*u-padding_h,stride_w*q+dilation_w*v-padding_w]) + b[g,o]"
        ),
    ),
    sizes=(("filters", "(g o)"), ("groups", "g"), ("kernel_h", "u"), ("kernel_w", "v")),
    extents=(
        ("p", "(H + padding_h + after_h - dilation_h*(U - 1) - 1)//stride_h + 1"),
        ("q", "(W + padding_w + after_w - dilation_w*(V - 1) - 1)//stride_w + 1"),
    ),
    parameters=(
        Parameter("K", "[(g o),c,u,v]", "glorot_uniform", fan_in="C*U*V", fan_out="O*U*V"),
        Parameter("b", "[(g o)]", "zeros"),
    ),
    keys=(
        Key("filters", "size", minimum=1),
        Key("kernel", "integers", minimum=1, dims=("h", "w")),
        Key("stride", "integers", 1, minimum=1, dims=("h", "w")),
        Key("padding", "padding", 0, minimum=0, dims=("h", "w")),
        Key("dilation", "integers", 1, minimum=1, dims=("h", "w")),
        Key("groups", "integer", 1, minimum=1),
    ),
)


def graph_of(body: str, *declared: Layer) -> Graph:
    """The graph of a spec with this `body`, where the `declared` layers are known."""
    return build(spec_of(body, *declared))


def spec_of(body: str, *declared: Layer) -> Spec:
    source = Source("net.yaml", f"symbp: 1\nname: net\ndtype: float64\n{body}\n{REST}")
    root, problems = read(source)
    assert root is not None and not problems
    known = Vocabulary({"layer": {d.type: d for d in declared}})
    return Spec.checked(data_of(root), known, Origin(source, root))


def refusals(body: str, *declared: Layer) -> list[tuple[str, str]]:
    """Code and message of every problem of a spec."""
    try:
        graph_of(body, *declared)
    except SpecError as error:
        return [(p.code, p.message) for p in error.problems]
    return []

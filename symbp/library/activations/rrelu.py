"""The rectifier with a random slope for negative values."""

from symbp.library.declaration import Activation, Formula, Key, Random, Requirement

DECLARATION = Activation(
    type="rrelu",
    summary="z where it is positive, else z times a slope: random while training, its mean in a prediction",
    source="Xu et al. 2015, Empirical Evaluation of Rectified Activations in Convolutional Network, arXiv:1505.00853",
    formula=Formula("y = where(z > 0, z, slope*z)"),
    keys=(
        Key("lower", "number", 0.125, minimum=0.0, doc="the least slope"),
        Key("upper", "number", 0.3333333333333333, minimum=0.0, doc="the largest slope"),
    ),
    subgradient="the derivative at `z = 0` is the slope",
    random=(
        Random(
            "slope",
            "[n,j]",
            "uniform",
            still="(lower + upper)/2",
            scale="upper - lower",
            shift="lower",
            doc="drawn for every number",
        ),
    ),
    requires=(Requirement("lower", "lower", "upper", "`lower` is {least}, above `upper`, which is {most}"),),
)

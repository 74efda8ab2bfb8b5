"""Linear warm-up."""

from symbp.library.declaration import Key, Schedule

DECLARATION = Schedule(
    type="warmup",
    summary="from lr/steps up to lr in a straight line, then constant",
    source="Goyal et al., Accurate, large minibatch SGD, 2017",
    formula="lr*min(1, (k + 1)/steps)",
    keys=(Key("steps", "integer", minimum=1, doc="the step at which lr is reached"),),
)

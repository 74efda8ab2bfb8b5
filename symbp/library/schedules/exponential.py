"""Exponential decay."""

from symbp.library.declaration import Key, Schedule

DECLARATION = Schedule(
    type="exponential",
    summary="lr times gamma at every step",
    source="PyTorch, ExponentialLR, counted in steps",
    formula="lr*gamma**k",
    keys=(Key("gamma", "number", minimum=0.0, maximum=1.0, open_minimum=True, doc="the factor of each step"),),
)

"""The learning rate in steps."""

from symbp.library.declaration import Key, Schedule

DECLARATION = Schedule(
    type="step",
    summary="lr times gamma after every step_size steps",
    source="PyTorch, StepLR, counted in steps",
    formula="lr*gamma**(k//step_size)",
    keys=(
        Key("step_size", "integer", minimum=1, doc="how many steps the learning rate stays the same"),
        Key("gamma", "number", 0.1, minimum=0.0, maximum=1.0, open_minimum=True, doc="the factor of each reduction"),
    ),
)

"""Cosine decay."""

from symbp.library.declaration import Key, Schedule

DECLARATION = Schedule(
    type="cosine",
    summary="half a cosine from lr to final over all steps",
    source="Loshchilov and Hutter, SGDR, 2016, without restarts",
    formula="final + (lr - final)*(1 + cos(pi*min(k, K)/K))/2",
    keys=(Key("final", "number", 0.0, minimum=0.0, doc="the learning rate at the end"),),
)

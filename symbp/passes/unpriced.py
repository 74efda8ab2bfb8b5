"""Why some passes act without a price: what they do costs less, or the same, on every machine.

A pass that trades one cost for another is `ByCost`; each other one has a reason here, which the list of passes prints
where it did something.
"""

from __future__ import annotations

COMMON = "what is not computed costs nothing"
FEWER = "the same calls on fewer numbers"
LESS = "a pass over memory less, and none that is longer"
READERS = "for people; the calls are the same"
REASONS = {
    "dead values": COMMON,
    "single places": "the same numbers, with fewer axes",
    "one-hot rows": "it says what a comparison is; how it is carried out is chosen later",
    "parts": FEWER,
    "tables": "once with the workspace instead of in each step",
    "sums": LESS,
    "behind maxima": FEWER,
    "in front of loops": "one call on the numbers of all steps in the place of one in each step",
    "axes": "fewer arrays are read in another shape; the calls are the same",
    "scatters": "what has no call of its own is taken apart; nothing is computed twice",
    "named windows": READERS,
    "named functions": READERS,
    "copies": LESS,
    "late values": "the same calls, which an evaluation does not make",
    "single readers": "the same calls in other places",
    "polynomials": "all forms work on arrays of the same size, so that the fewest calls are the cheapest",
    "units of states": "all forms work on arrays of the same size, so that the fewest calls are the cheapest",
    "primitives": "what NumPy has no function for is written with those it has",
    "numbers": "a number goes where another one is, or where there are fewer numbers to multiply",
    "together": "one call on as many numbers as several had: it costs the overhead of one",
    "calls": "the same operations, each with a name",
    "numbers first": "arithmetic of Python, once in the place of once a block, and never more of it",
    "equal calls": COMMON,
    "sums with numbers": "the same calls, with an array less in use",
    "known maxima": "a comparison and a product for each tap; a copy with a mask took ten times as long a number",
    "blocks": "the same calls on arrays without gaps",
    "stores": "a copy less, and parts without gaps to fill",
    "inside padded arrays": "a copy less",
    "names": READERS,
}

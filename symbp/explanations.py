"""What every error code means, for `symbp explain CODE`: a title, and what to know about it.

E1 reading YAML, E2 keys and values, E3 the network, F formulas, D derivation, V verification, R reports, O output
files, C command line.
"""

from __future__ import annotations

EXPLANATIONS: dict[str, tuple[str, str]] = {
    "E101": ("a file cannot be read", "The path does not exist, is a folder, or may not be read by you."),
    "E102": (
        "a spec is too large",
        "A spec is at most 500,000 bytes long.  Data and weights do not belong into a spec.",
    ),
    "E103": ("a spec is not UTF-8", "Save the file as UTF-8.  A byte order mark at its beginning is skipped."),
    "E104": (
        "this is not YAML",
        "The structure of the file cannot be read from here on, so that only this one problem is shown.\n"
        "Often a bracket or a quote that was not closed, a tab in the indentation, or a colon inside a text that\n"
        'needs quotes:  formula: "a: b"',
    ),
    "E105": (
        "a part of YAML that specs do without",
        "Aliases (*name), anchors (&name), tags (!!str) and merge keys (<<) make a file mean something that it does\n"
        "not say.  Write the values out.",
    ),
    "E106": ("a key stands twice", "A mapping has each key once.  YAML readers differ in which of two they take."),
    "E107": ("a second document", "A spec is one YAML document.  A line `---` begins another one."),
    "E108": ("a limit is exceeded", "At most 30 levels of nesting and 100,000 keys and values are read."),
    "E109": ("a spec is empty", "`symbp init` writes a spec to start from."),
    "E110": ("a number is too long", "A number has at most 40 characters."),
    "E111": (
        "a key is not text",
        "Keys are names.  A number, true, false or a list as a key is a slip or needs quotes.",
    ),
    "E112": (
        "a key without a value",
        "`activation:` with nothing behind it means nothing.  Remove the key or give it a value.",
    ),
    "E113": ("very many problems", "One run shows the first 200.  Mend these, and run it again."),
    "E201": (
        "an unknown key",
        "Every mapping takes a fixed set of keys; `symbp show TYPE` lists those of an entry of the library,\n"
        "`docs/spec.md` all others, and `symbp schema` makes an editor complete them.",
    ),
    "E202": ("something is missing", "The mapping needs this key, and it has no default."),
    "E203": (
        "a value of the wrong type",
        'Nothing is converted: "3" is text, 3.0 is not an integer, and `yes`, `no`, `on` and `off` are text in YAML 1.2.',
    ),
    "E204": ("a value out of range", "The message says which values are allowed.  NaN and infinities never are."),
    "E205": ("there is no such type", "`symbp list` names the types of the library; `define:` adds your own."),
    "E206": ("not a name", "Names have letters, digits and underscores, and begin with a letter."),
    "E208": ("another version of the spec language", "This symbp reads `symbp: 1`."),
    "E209": (
        "a name that is taken",
        "The name of a spec becomes a module, the name of an input a variable: neither may hide something of Python,\n"
        "NumPy or the generated code.  A built-in type cannot be defined again.",
    ),
    "E301": (
        "an unknown name",
        "The spec has no layer, input, parameter or size of this name, or it stands further down: a layer reads and\n"
        "shares from what stands before it.",
    ),
    "E302": ("two things with one name", "Inputs and layers share one set of names."),
    "E303": (
        "shapes that do not fit",
        "The message names both sides and their shapes, the batch axis left out.  A dense layer acts on the last axis\n"
        "and maps over the others; an image [channel, height, width] is flattened first.",
    ),
    "E304": ("integers and real numbers mixed up", "A layer that computes reads real numbers; labels are integers."),
    "E305": (
        "a size that is known too late",
        "`T: any` is fixed by the arrays of each call.  A parameter, and the width of a layer, need a number.",
    ),
    "E306": (
        "numbers of the wrong shape",
        "Numbers for `init`, or class weights, have exactly the shape of what they fill.",
    ),
    "E307": (
        "one name in generated code for two things",
        "The parameter W of layer fc1 is W_fc1 in code: dots become underscores.  Two things may then have one name.",
    ),
    "E308": (
        "sharing that cannot be",
        "`share: fc1` takes all parameters of that layer, `share: {W: fc1.W}` one, `share: {W: fc1.W.T}` its\n"
        "transpose.  "
        "A shared parameter starts as its owner's, so that it has no `init` of its own.",
    ),
    "E309": ("something that nothing reads", "An input or a layer without a reader has no influence on the loss."),
    "E310": ("not available yet", "The spec language knows this, and this version of symbp does not have it yet."),
    "E311": (
        "the loss holds this itself",
        "cross_entropy takes logits and contains the softmax, binary_cross_entropy the sigmoid: with both, it would\n"
        "be applied twice.  Remove the one in front of the loss; predict_proba still gives probabilities.",
    ),
    "E312": (
        "a score that does not suit the loss",
        "`metric: accuracy` compares the largest of several outputs, r2 compares numbers.",
    ),
    "E313": (
        "a definition that does not fit together",
        "The letters of inputs, sizes and parameters contradict each other.",
    ),
}

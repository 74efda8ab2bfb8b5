"""What every error code means, for `symbp explain CODE`: a title, and what to know about it.

E1 reading YAML, E2 keys and values, E3 the network, F formulas, D derivation and lowering, V verification, O output
files and reports, M profiles of machines, C command line.
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
    "E115": (
        "a library that a spec may not name",
        "`library:` names files in the folder of the spec or below it, relative to it.  A spec in Python, or in a\n"
        "text, has no folder: pass its definitions as `define`.",
    ),
    "E201": (
        "an unknown key",
        "Every mapping takes a fixed set of keys; `symbp show TYPE` lists those of an entry of the library,\n"
        "`docs/spec.md` all others, and `symbp schema` makes an editor complete them.",
    ),
    "E202": ("something is missing", "The mapping needs this key, and it has no default."),
    "E203": (
        "a value of the wrong type",
        'Nothing is converted: "3" is text, 3.0 is no integer; `yes`, `no`, `on` and `off` are text in YAML 1.2.',
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
    "E314": (
        "a size that cannot be",
        "A layer that computes the size of an axis, such as (H - U)//s + 1, must get an integer that is at least 1.\n"
        "The window may be larger than the input, or a padding missing.",
    ),
    "E316": (
        "copies that cannot be computed again",
        "`checkpoint: true` on a `repeat` keeps the input of each copy and computes the rest again when its gradient\n"
        "is needed, one copy at a time: of a single copy everything would be kept.",
    ),
    "E317": (
        "a batch that cannot be cut",
        "With `micro_batch_size` a step computes loss and gradients of a batch part by part and adds them up\n"
        "(gradient accumulation).  That is the same only where each sample is computed from itself alone and the\n"
        "loss is a mean over the samples: not with batch statistics, weighted means or labels that do not count.",
    ),
    "E320": (
        "a circle of layers",
        "A layer may read any other layer, also one that stands later in the list, as long as no value depends on "
        "itself.",
    ),
    "F101": (
        "a character that formulas do not have",
        "A power is written **, a product *.  `docs/formulas.md` has the whole language.",
    ),
    "F102": (
        "a number or a name that cannot be read",
        "Numbers are decimal, at most 40 characters and in the range of double precision.  Write 2*x, not 2x.",
    ),
    "F103": (
        "a bracket without its partner",
        "Indices stand in [ ], arguments in ( ).  An equation may run over several lines inside brackets.",
    ),
    "F104": (
        "a formula that is too long",
        "At most 20,000 characters, 200 equations and 60 levels of brackets, signs and powers are read.",
    ),
    "F105": ("an empty formula", "Write one equation a line, such as y[n,j] = sum[i](x[n,i]*W[i,j])."),
    "F106": (
        "the formula breaks off or goes wrong here",
        "The message says what was expected in this place.  One equation stands on one line.",
    ),
    "F107": (
        "a comparison in the wrong place",
        "A comparison stands in square brackets and is 1 where it holds, else 0: [x > 0].  It may also be the\n"
        "first argument of where(c, a, b).",
    ),
    "F108": ("division by zero", "The divisor is the number 0."),
    "F109": (
        "a function without its arguments",
        "exp, log and the other functions are called with ( ), and their names cannot be used for values.",
    ),
    "F110": (
        "one value is expected here",
        "A schedule or a scale is one expression; lines before the last one may name parts of it.",
    ),
    "F111": (
        "a sum without indices",
        "Sums are explicit: sum[i](...), mean[n,j](...), max[k](...).  The brackets hold letters only.",
    ),
    "F112": (
        "the wrong number of arguments",
        "`docs/formulas.md` lists the functions.  max and min take two; nest them for more.",
    ),
    "F113": (
        "an unknown function",
        "Only the functions of `docs/formulas.md` may be used, so that every formula can be differentiated\n"
        "and checked.",
    ),
    "F114": (
        "a function that is not for real numbers",
        "floor, // and % round: their derivative is 0 wherever they have one.  In a layer they are for integers, that\n"
        "is indices, sizes, whole numbers and arrays of integers.",
    ),
    "F115": ("an exponent that is too large", "Exponents are at most 100."),
    "F120": (
        "a declaration that cannot be",
        "An array is declared by its name and distinct lower-case letters: x[n,i].  A name is declared once,\n"
        "and stands for an array, a constant or an axis.",
    ),
    "F121": ("the letter n as a number", "n stands for all leading axes of the input at once; here there are several."),
    "F122": (
        "an unknown name",
        "A name is an input, a parameter, a key of the layer, a value of a line above, an index, or the\n"
        "capital of an index for the size of its axis.",
    ),
    "F123": (
        "the wrong number of indices",
        "An array is read with one index for each axis, in the order of its declaration.",
    ),
    "F124": (
        "an axis that the result lacks",
        "In a pointwise formula every name has the axes of z, and a parameter some of them.",
    ),
    "F125": ("an unknown array", "Only inputs, parameters and values of the lines above can be read."),
    "F126": (
        "not an index",
        "Between the brackets stand letters, integers, sums of them, products with an integer (s*p + u - a),\n"
        "and integer arrays (E[ids[n,t],d]).",
    ),
    "F127": (
        "an index that is nowhere bound",
        "Every index of the right side stands on the left side or is bound by a sum: y[n,j] =\nsum[i](x[n,i]*W[i,j]).",
    ),
    "F128": ("not a letter for an index", "Index letters are lower case and have no other meaning in the formula."),
    "F129": (
        "an index that is in use",
        "An index has one meaning at a time.  Take another letter for the inner sum; it gets the size of the\n"
        "axis that it is read on.",
    ),
    "F130": ("a name that is taken", "Names of functions and words of Python cannot be given a value."),
    "F131": (
        "read before it is defined",
        "Equations are computed from the first to the last.  Only a recurrence reads its own result, at an\n"
        "earlier step.",
    ),
    "F132": (
        "read while it is being computed",
        "A recurrence reads its own result at another step: h[n,t-1,k].  Every equation of the system has the\n"
        "letter of the step.",
    ),
    "F133": (
        "a recurrence that runs both ways",
        "One system of equations reads either earlier steps (t-1) or later ones (t+1).  Two systems may run\n"
        "against each other.",
    ),
    "F134": ("not a left side", "On the left stands a name with plain, distinct letters: y[n,j]."),
    "F135": (
        "a name that cannot be defined here",
        "Inputs, parameters and constants are given; every other name is defined once.  d<name> is the\n"
        "gradient of <name>, and a capital the size of an axis.",
    ),
    "F136": ("a wrong fact", "A fact is an equation that holds for the data, such as sum[j](t[n,j]) = 1."),
    "F137": ("the result is missing", "The last line defines y (a loss: L), or is an expression alone."),
    "F138": (
        "an index without a size",
        "A letter gets its size from an input, from a key under `sizes`, from `extents`, or from an axis that\n"
        "it is read on bare.  A shifted or scaled read gives none.",
    ),
    "F139": (
        "a parameter that is never read",
        "It would be trained with a gradient of zero.  Remove it, or use it in the formula.",
    ),
    "F140": (
        "a name that does not fit the formula",
        "`symbp derive` takes arrays and numbers from outside as the formula reads them.  One can differentiate by\n"
        "what it reads, not by what it computes, and not by integers.",
    ),
    "D001": (
        "no derivative",
        "The formula uses something whose derivative cannot be derived, or in a place where it cannot.  Nothing is\n"
        "approximated instead.  Write the value with functions that docs/formulas.md lists.",
    ),
    "D002": (
        "equations in a circle",
        "Each equation may read the ones above it; a recurrence reads its own result at t-1.",
    ),
    "D003": (
        "no second derivative",
        "`symbp generate --hvp` differentiates the gradient.  Where a formula takes a value for a constant, the\n"
        "gradient is not the derivative of the loss, and there is no Hessian.  Generate without --hvp.",
    ),
    "D010": (
        "plain and safe form share nothing",
        "The safe form of a formula computes the same values as the plain one, under the same names.",
    ),
    "D011": (
        "plain and safe form differ",
        "The safe form of a formula, or its gradient, is not equal to the plain one.  The point in the message\n"
        "shows a difference.  One of the two has an error.",
    ),
    "D012": (
        "a derivative that could not be checked, or is wrong",
        "Every derivative is compared with differences of the formula at a random point.  Where the formula has no\n"
        "value at random points, say what is positive; where a derivative is wrong, that is an error in symbp:\n"
        "please report it with the formula.",
    ),
    "D401": (
        "no array operations for this formula",
        "The gradient was derived, but this version has no NumPy form for a part of it, such as a shifted read.",
    ),
    "D402": (
        "copies that stand apart",
        "`checkpoint: true` needs copies that one loop carries out: each reads the output of the one before, nothing\n"
        "else of a copy is read outside of it, and sizes and numbers are the same.  The first copy may be another.",
    ),
    "V501": (
        "the module does not compute what its formulas say",
        "A gradient differs from the numerical derivative, or a value from the slow evaluation of the\n"
        "formulas.  Nothing is written.  Unless the formula has a jump that its derivative does not show, this is an\n"
        "error in symbp: please report it with the spec.",
    ),
    "V502": (
        "this is not a module that can be verified",
        "`symbp verify` takes a spec, or a module that `symbp generate` wrote.",
    ),
    "V503": ("a wrong number of parameters", "The vector does not belong to this network."),
    "V505": (
        "the NumPy form of a formula is wrong",
        "It was executed, and a value or a derivative differs.  It is not printed.  This is an error in symbp: please\n"
        "report it with the formula.",
    ),
    "V506": (
        "numba is missing",
        "A module of the flavour numba is executed before it is written, and numba compiles its loops then.",
    ),
    "O601": (
        "outside of the output folder",
        "Files are written into the folder that -o names, never through a link out of it.",
    ),
    "O602": ("something else is in the way", "A folder, a device or a pipe has the name of the file to be written."),
    "O603": (
        "a file that was edited by hand",
        "The text below the header is not the one that symbp wrote (its hash is in the header), or the file has no\n"
        "header.  `--diff` shows what would change, `--force` overwrites it.",
    ),
    "O604": ("a file cannot be written", "The message has the reason that the system gives."),
    "O605": (
        "pdflatex is missing",
        "A PDF needs pdflatex.  On Debian: texlive-latex-base, texlive-latex-recommended, texlive-latex-extra,\n"
        "texlive-fonts-recommended, lmodern.  The LaTeX text is printed without --pdf.",
    ),
    "O606": ("pdflatex failed", "The message has its complaint.  Please report it with the spec."),
    "O607": (
        "two specs of one name",
        "A module is named after its spec's `name:`.  The file that is there came from a spec file of another name,\n"
        "and would be lost.  Give each spec its own name, or another folder with -o.",
    ),
    "M801": ("a profile cannot be read", "The message has the reason.  `symbp tune -o FILE` writes a profile."),
    "M802": (
        "a profile that is not JSON",
        "The file is what `symbp tune` writes, a JSON text.  Often a comma or a bracket is\n"
        "missing, or one is too many.",
    ),
    "M803": (
        "a profile with something missing or wrong",
        "A profile has the costs of NumPy calls in nanoseconds as tables: rows and columns are as many as the sizes\n"
        "above them.  `symbp tune -o FILE` measures all of them anew.",
    ),
    "M804": (
        "a profile of another version",
        "The tables of another version mean something else, so that they are not guessed at.  Measure the machine\n"
        "again with `symbp tune`, or use the version of symbp that wrote the file.",
    ),
    "C701": ("a wrong name on the command line", "The file, the library entry or the code does not exist."),
}

"""Plain text as LaTeX text: every character that TeX would read as a command is escaped, none is lost in silence."""

from __future__ import annotations

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"'",
    "–": "--",
    "—": "---",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\dots{}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "−": r"\ensuremath{-}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "≠": r"\ensuremath{\ne}",
    "∂": r"\ensuremath{\partial}",
    "∑": r"\ensuremath{\sum}",
    "Σ": r"\ensuremath{\Sigma}",
    "Φ": r"\ensuremath{\Phi}",
    "φ": r"\ensuremath{\varphi}",
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}",
    "ε": r"\ensuremath{\varepsilon}",
    "η": r"\ensuremath{\eta}",
    "λ": r"\ensuremath{\lambda}",
    "μ": r"\ensuremath{\mu}",
    "π": r"\ensuremath{\pi}",
    "σ": r"\ensuremath{\sigma}",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "½": r"\ensuremath{\tfrac{1}{2}}",
}
LONGEST = 24  # characters without a place to break a line
_LATIN = range(0xC0, 0x180)  # letters with accents: the T1 font has them


def escape(text: str) -> str:
    """`text` as LaTeX text.  A character that the fonts lack is printed as its code point, such as [U+4E2D].

    Long words, such as dotted names, may be broken after a mark or a change of case, so that they stay in the margins.
    """
    made, run = [], 0
    for k, c in enumerate(text):
        run = 0 if c.isspace() else run + 1
        made.append(_character(c))
        if _breakable(text, k) or run >= LONGEST:
            made.append(r"\allowbreak{}")
            run = 0
    return "".join(made)


def escape_name(text: str) -> str:
    """`text` as a name inside mathematics, where lines are not broken."""
    return "".join(_character(c) for c in text)


def _breakable(text: str, k: int) -> bool:
    """Whether a line may be broken after this character of a word."""
    before, here, after = text[k - 1 : k], text[k], text[k + 1 : k + 2]
    return (here in "._/" and before.isalnum() and after.isalnum()) or (here.islower() and after.isupper())


def shortened(text: str, width: int) -> str:
    """At most `width` characters: the middle of a longer text is left out."""
    half = (width - 1) // 2
    return text if len(text) <= width else f"{text[:half]}…{text[-half:]}"


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in " \n\t" or " " < c < "\x7f" or ord(c) in _LATIN:
        return c
    return f"[U+{ord(c):04X}]"


def ascii_code(text: str) -> str:
    """Program text for a listing: what is not ASCII becomes a question mark, since `listings` cannot print it."""
    return text.encode("ascii", "replace").decode("ascii")

"""symbp: closed-form gradients of neural networks, as formulas, as verified NumPy, and as LaTeX.

    spec = symbp.load("digits.yaml")      # or symbp.Spec(name="digits", ...)
    symbp.derive(spec)                    # the derivation; a notebook shows it as LaTeX
    symbp.generate(spec)                  # the verified module: .source, .write(folder), .verdict
    symbp.derive_formula("sum[i](x[i]**2)", "x", twice=True)      # gradient and Hessian of any formula

The names are loaded when they are first used, so that ``symbp --help`` does not wait for SymPy.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"
__all__ = ["Spec", "__version__", "derive", "derive_formula", "generate", "load", "report"]

_EXPOSED = dict.fromkeys(("Spec", "derive", "generate", "load", "report"), "symbp.api")
_EXPOSED["derive_formula"] = "symbp.formula"


class _Package(ModuleType):
    """`symbp.derive` is the function, although a folder has the same name.

    The import system sets a sub-package as an attribute of its parent once it is imported; for the exposed names that
    would replace the function, so it is not stored.  ``from symbp.derive.model import ...`` finds the folder all
    the same.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _EXPOSED and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> object:
    if name in _EXPOSED:
        return getattr(importlib.import_module(_EXPOSED[name]), name)
    raise AttributeError(f"module 'symbp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

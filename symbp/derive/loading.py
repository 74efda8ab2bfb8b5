"""SymPy, loaded when something of it is first used: with derivations from the cache, nothing may be.

Loading it takes two thirds of what `import sympy, numpy, jinja2` takes, as much as generating a small network.
"""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def at_first_use(name: str) -> ModuleType:
    """A module by its name, executed when an attribute of it is first read.  Raises ImportError where there is none."""
    if name in sys.modules:
        return sys.modules[name]
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"{name} is not installed", name=name)
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

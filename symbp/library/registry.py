"""The library, found by being there: every module in a folder of `symbp.library` that holds a ``DECLARATION``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TypeVar

from symbp.library.declaration import (
    Activation,
    Block,
    Clip,
    Declaration,
    Initializer,
    Layer,
    Loss,
    Optimizer,
    Parametrization,
    Penalty,
    Schedule,
)

FOLDERS: dict[str, type[Declaration]] = {
    "layers": Layer,
    "blocks": Block,
    "activations": Activation,
    "losses": Loss,
    "penalties": Penalty,
    "optimizers": Optimizer,
    "clips": Clip,
    "schedules": Schedule,
    "parametrizations": Parametrization,
    "initializers": Initializer,
}

D = TypeVar("D")


@cache
def _found(folder: str) -> tuple[tuple[str, Declaration], ...]:
    """The declarations of one folder with their types, sorted by type.  Raises TypeError for a file that is not one."""
    package = import_module(f"symbp.library.{folder}")
    result: list[tuple[str, Declaration]] = []
    for module in sorted(iter_modules(package.__path__), key=lambda m: m.name):
        declaration = getattr(import_module(f"{package.__name__}.{module.name}"), "DECLARATION", None)
        if not isinstance(declaration, FOLDERS[folder]):
            raise TypeError(f"{package.__name__}.{module.name} holds no DECLARATION of a {FOLDERS[folder].__name__}")
        if declaration.type != module.name:
            raise TypeError(
                f"{package.__name__}.{module.name} declares {declaration.type!r}: file and type have one name"
            )
        result.append((declaration.type, declaration))
    return tuple(result)


def _of_kind(folder: str, kind: type[D]) -> MappingProxyType[str, D]:
    return MappingProxyType({name: d for name, d in _found(folder) if isinstance(d, kind)})


def layers() -> MappingProxyType[str, Layer]:
    """The layers by type."""
    return _of_kind("layers", Layer)


def blocks() -> MappingProxyType[str, Block]:
    """The blocks, layers with layers inside, by type."""
    return _of_kind("blocks", Block)


def activations() -> MappingProxyType[str, Activation]:
    """The activations by type."""
    return _of_kind("activations", Activation)


def losses() -> MappingProxyType[str, Loss]:
    """The losses by type."""
    return _of_kind("losses", Loss)


def penalties() -> MappingProxyType[str, Penalty]:
    """The penalties by type, which is also the key of a loss that switches them on."""
    return _of_kind("penalties", Penalty)


def optimizers() -> MappingProxyType[str, Optimizer]:
    """The optimisers by type."""
    return _of_kind("optimizers", Optimizer)


def clips() -> MappingProxyType[str, Clip]:
    """The clips by type, which is also the key of an optimiser that switches them on."""
    return _of_kind("clips", Clip)


def schedules() -> MappingProxyType[str, Schedule]:
    """The schedules of the learning rate by type."""
    return _of_kind("schedules", Schedule)


def parametrizations() -> MappingProxyType[str, Parametrization]:
    """The parametrizations of weights by type."""
    return _of_kind("parametrizations", Parametrization)


def initializers() -> MappingProxyType[str, Initializer]:
    """The initializers by type."""
    return _of_kind("initializers", Initializer)


def kinds() -> dict[str, MappingProxyType[str, Declaration]]:
    """All declarations: the kinds in the order of `FOLDERS`, each with its entries by type."""
    return {folder: MappingProxyType(dict(_found(folder))) for folder in FOLDERS}

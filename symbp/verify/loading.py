"""A module's text, executed as a file of its own: what will be written is checked, not the compiler's idea of it."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from symbp.errors import Problem, VerificationError

_serial = itertools.count(1)


@contextmanager
def loaded(source: str | Path) -> Iterator[ModuleType]:
    """The imported module of a text (`str`) or of a file (`Path`), under a name that nothing else has.

    It stays importable by that name until the context ends, so that its classes can be copied and pickled.  No
    compiled file is left behind.  Raises VerificationError if it cannot be read or does not import.
    """
    text = _read(source) if isinstance(source, Path) else source
    name = f"symbp_checked_{next(_serial)}"
    with tempfile.TemporaryDirectory(prefix="symbp-") as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(text, encoding="utf-8", newline="\n")
        try:
            yield _imported(name, path)
        finally:
            sys.modules.pop(name, None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VerificationError(Problem("V502", f"{path} cannot be read: {error}")) from None


def _imported(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    compiled, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the text does: it is the thing under test
        raise VerificationError(
            Problem("V502", f"the module does not import: {type(error).__name__}: {error}")
        ) from error
    finally:
        sys.dont_write_bytecode = compiled
    return module

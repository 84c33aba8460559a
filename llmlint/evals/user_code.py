"""`module:function` of a task → the function; found without running anything, run only when it is first called."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmlint.errors import TaskError
from llmlint.judge.words import did_you_mean

RAISED = (Exception, SystemExit)  # code that calls sys.exit fails by itself and does not end the run


@dataclass(frozen=True, slots=True)
class UserFunction:
    """A function in a file of the task's folder. path, line: where the task names it."""

    file: Path
    name: str

    def load(self) -> Callable[..., Any]:
        """Runs the file once in this process. Raises TaskError where it cannot be run or holds no such function."""
        module = _module(self.file.resolve())
        found: Any = module
        for part in self.name.split("."):
            found = getattr(found, part, None)
        if not callable(found):
            raise TaskError(f"{self.name!r} is no function", str(self.file))
        loaded: Callable[..., Any] = found
        return loaded


def user_function(spec: str, folder: Path, path: str, line: int) -> UserFunction:
    """Where `stand_ins:keywords` or `pkg.module:function` stands, relative to the folder. Raises TaskError."""
    module, colon, name = spec.partition(":")
    if not colon or not name or not module:
        raise TaskError(f"{spec!r} names no function", path, line, "write module:function, as in stand_ins:keywords")
    inner = module.removesuffix(".py").replace(".", "/") if not module.endswith(".py") else module[:-3]
    file = folder / f"{inner}.py"
    if not file.is_file():
        file = folder / inner / "__init__.py"
    if not file.is_file():
        beside = [one.stem for one in (folder / inner).parent.glob("*.py")]
        mend = did_you_mean(Path(inner).name, beside, "the module is a file beside the task")
        raise TaskError(f"there is no {inner}.py for {spec!r}", path, line, mend)
    names = _names(file)
    if name.partition(".")[0] not in names:
        mend = did_you_mean(name, names, f"it has {', '.join(names[:8])}" if names else None)
        raise TaskError(f"{file.name} has no {name!r}", path, line, mend)
    return UserFunction(file, name)


def _names(file: Path) -> list[str]:
    """What the file defines at its top level, read and not run. Raises TaskError."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise TaskError(f"is no Python: {error.msg}", str(file), error.lineno) from None
    except (OSError, ValueError) as error:
        raise TaskError(f"cannot be read: {error}", str(file)) from None
    return list(dict.fromkeys(_defined(tree)))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)


@lru_cache(maxsize=64)
def _module(file: Path) -> Any:
    """The file, run once; its folder stands first on the path meanwhile, so that its imports find what is beside it."""
    name = f"_llmlint_task_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = set(sys.modules)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except RAISED as error:
        del sys.modules[name]
        raise TaskError(f"cannot be run: {raised(error)}", str(file), line_in(error, file)) from error
    finally:
        sys.path.remove(str(file.parent))
        _forget(set(sys.modules) - before - {name}, file.parent)
    return module


def _forget(names: set[str], folder: Path) -> None:
    """What a task's file has imported from beside it must not be taken for another task's file of the same name."""
    for name in names:
        own = getattr(sys.modules[name], "__file__", None)
        if own is not None and Path(own).is_relative_to(folder):
            del sys.modules[name]


def raised(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_in(error: BaseException, file: Path) -> int | None:
    """The last line of the file that the exception came through."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

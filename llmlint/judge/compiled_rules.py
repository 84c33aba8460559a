"""A folder of rule files → their documents, read from compiled.json where that was made from the same bytes.

Parsing costs a millisecond a rule, and importing the parser 25 ms. The build of the wheel makes the file
(`.ci/compile_rules.py`); a checkout has none, and a rule that was changed or added is noticed by its content: then the
YAML is read, once a process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from llmlint.errors import RuleError
from llmlint.judge.documents import Document, read_document
from llmlint.sdks.documents import digest, read_compiled

COMPILED = "compiled.json"


def documents(folder: Path, files: Sequence[Path]) -> list[Document]:
    """One for each file, without its text. Raises RuleError where a file is read and cannot be."""
    found = read_compiled(folder / COMPILED)
    if found is not None:
        try:
            if found["sha256"] == _digest(folder, files):
                return [
                    Document(data, str(file), "", {tuple(keys): line for keys, line in lines})
                    for file, (data, lines) in zip(files, found["documents"], strict=True)
                ]
        except (OSError, KeyError, TypeError, ValueError):
            pass
    try:
        return list(_parsed(tuple(files), _digest(folder, files)))
    except OSError:
        return [read_document(file, RuleError, "rule") for file in files]  # says which file cannot be read


@lru_cache(maxsize=2)
def _parsed(files: tuple[Path, ...], digest: str) -> tuple[Document, ...]:
    """digest: of what the files hold, so that no change is missed."""
    return tuple(read_document(file, RuleError, "rule") for file in files)


def compile_rules(folder: Path, files: Sequence[Path]) -> str:
    """The text of compiled.json."""
    read = [read_document(file, RuleError, "rule") for file in files]
    rows = [(d.data, [(keys, line) for keys, line in d.lines.items() if len(keys) <= 3]) for d in read]
    whole = {"sha256": _digest(folder, files), "documents": rows}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False) + "\n"


def _digest(folder: Path, files: Sequence[Path]) -> str:
    return digest({file.relative_to(folder).as_posix(): file.read_bytes() for file in files})

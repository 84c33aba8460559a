"""sdks/*.yaml → parsed documents by file name, read from compiled.json where that was made from the same bytes.

Parsing the YAML costs 40 ms and importing the parser 25 ms more, each run; the compiled form costs 2 ms. A YAML file
that was changed or added is noticed by its content and parsed. `python -m llmlint.sdks.documents` compiles anew.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from llmlint.errors import CatalogueError

FOLDER = Path(__file__).resolve().parent
COMPILED = FOLDER / "compiled.json"
FRAMEWORKS = FOLDER / "frameworks"  # what calls code and what stands on the way; read only when something is linked


@cache
def documents(folder: Path = FOLDER) -> dict[str, Any]:
    """Every YAML file of the folder. Raises CatalogueError naming the file and the line where one cannot be parsed."""
    texts = {p.name: p.read_bytes() for p in sorted(folder.glob("*.yaml"))}
    compiled = read_compiled(folder / COMPILED.name)
    if compiled is not None and compiled.get("sha256") == digest(texts):
        found: dict[str, Any] = compiled["documents"]
        return found
    return {name: parsed(text, name) for name, text in texts.items()}


@cache
def fingerprint() -> str:
    """Changes whenever the catalogue does."""
    return digest({p.name: p.read_bytes() for f in (FOLDER, FRAMEWORKS) for p in sorted(f.glob("*.yaml"))})


def digest(texts: dict[str, bytes]) -> str:
    total = sha256()
    for name, text in texts.items():
        total.update(f"{name}\0{len(text)}\0".encode())
        total.update(text)
    return total.hexdigest()


def read_compiled(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def parsed(text: bytes, name: str) -> Any:
    import yaml

    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise CatalogueError(str(problem), path=name, line=mark.line + 1 if mark else None) from None


def compile_documents(folder: Path = FOLDER) -> None:
    texts = {p.name: p.read_bytes() for p in sorted(folder.glob("*.yaml"))}
    whole = {"sha256": digest(texts), "documents": {name: parsed(text, name) for name, text in texts.items()}}
    text = json.dumps(whole, default=str, separators=(",", ":"), sort_keys=False) + "\n"
    (folder / COMPILED.name).write_text(text, "utf-8")


if __name__ == "__main__":
    for one in (FOLDER, FRAMEWORKS):
        compile_documents(one)

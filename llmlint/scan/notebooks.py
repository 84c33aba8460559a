"""The bytes of an .ipynb file → `Source`: its code cells one after another, IPython's own lines masked."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from llmlint.scan.magics import mask
from llmlint.scan.source import Source, Unreadable, parse

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def read_notebook(path: str, data: bytes) -> tuple[Source, list[Unreadable]]:
    """The source, and what was wrong with the cells that had to be left out. Raises Unreadable for broken JSON."""
    cells = [(index, mask(text)) for index, text in _code_cells(_document(data))]
    broken: list[Unreadable] = []
    try:
        return _joined(path, cells), broken
    except Unreadable:
        pass
    sound = [(index, _checked(index, text, broken)) for index, text in cells]
    return _joined(path, sound), broken


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(data.count(b"\n", 0, error.start) + 1, "broken notebook: not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"broken notebook: no JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise Unreadable(None, f"broken notebook: {type(error).__name__}") from None
    if not isinstance(document, dict) or not isinstance(document.get("cells", document.get("worksheets")), list):
        raise Unreadable(None, "broken notebook: it has no cells")
    return document


def _code_cells(document: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """(index over all cells, text) of the Python cells; a notebook of another language has none."""
    if not _is_python(document.get("metadata")):
        return
    sheets = [document] if "cells" in document else document["worksheets"]  # worksheets: version 3
    cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()]
    for index, cell in enumerate(cells):
        if isinstance(cell, dict) and cell.get("cell_type") == "code" and cell.get("language", "python") == "python":
            source = cell.get("source", cell.get("input", ""))
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield index, text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def _is_python(metadata: Any) -> bool:
    metadata = metadata if isinstance(metadata, dict) else {}
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(key)
        if isinstance(said, dict) and isinstance(said.get(name), str):
            return "python" in said[name].lower()
    return True


def _joined(path: str, cells: list[tuple[int, str]]) -> Source:
    starts: list[tuple[int, int]] = []
    line = 1
    for index, text in cells:
        starts.append((index, line))
        line += text.count("\n") + 1
    joined = "".join(text + "\n" for _, text in cells)
    return Source(path, joined, parse(joined, FLAGS), tuple(starts))


def _checked(index: int, text: str, broken: list[Unreadable]) -> str:
    """The cell's text, or as many empty lines where Python cannot parse it."""
    try:
        parse(text, FLAGS)
    except Unreadable as error:
        where = f"cell {index}" + (f", line {error.line}" if error.line else "")
        broken.append(Unreadable(None, f"{where}: {error.message}"))
        return "\n" * text.count("\n")
    return text

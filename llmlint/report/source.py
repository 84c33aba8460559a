"""A file that has findings → its lines, by notebook cell, for the code frames."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 10_000_000


def source_lines(file: Path) -> dict[int | None, list[str]]:
    """Lines by cell (None: a plain file). Empty where the file cannot be read any more: then there is no frame."""
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return {}
        data = file.read_bytes()
    except (OSError, ValueError):
        return {}
    if file.suffix == ".ipynb":
        return _cells(data)
    return {None: _lines(_decode(data))}


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    from io import BytesIO
    from tokenize import detect_encoding

    try:
        return data.decode(detect_encoding(BytesIO(data).readline)[0], "replace")
    except (SyntaxError, LookupError):
        return data.decode("latin-1")


def _lines(text: str) -> list[str]:
    """Lines as Python counts them: a form feed or U+2028 ends none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _cells(data: bytes) -> dict[int | None, list[str]]:
    import json

    try:
        cells = json.loads(data)["cells"]
        sources = [cell["source"] for cell in cells]
        return {i: _lines(s if isinstance(s, str) else "".join(s)) for i, s in enumerate(sources)}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}

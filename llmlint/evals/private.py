"""Files of `.llmlint/` that are one's own → kept out of git; decisions stand beside them and are committed."""

from __future__ import annotations

from pathlib import Path

FOLDER = ".llmlint"


def keep_out_of_git(folder: Path, pattern: str) -> None:
    """Adds a line to the folder's own .gitignore, if it is ours and does not say so already."""
    if folder.name != FOLDER:
        return
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    known = ignore.read_text("utf-8") if ignore.is_file() else ""
    if not {pattern, "*"} & set(known.split()):
        end = "" if known.endswith("\n") or not known else "\n"
        ignore.write_text(f"{known}{end}{pattern}\n", encoding="utf-8")

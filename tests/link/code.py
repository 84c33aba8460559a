"""Source text → call sites, for the tables of these tests."""

from __future__ import annotations

from pathlib import Path

from llmlint.facts import CallSite, Facts
from llmlint.scan.options import ScanOptions
from llmlint.tasks.collect import collect_facts


def facts_of(folder: Path, files: dict[str, str] | str, **options: object) -> Facts:
    """The facts of a project with these files; a single text is app.py."""
    for path, text in ({"app.py": files} if isinstance(files, str) else files).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return collect_facts([folder], ScanOptions(cache=False, **options), root=folder)  # type: ignore[arg-type]


def sites_of(folder: Path, files: dict[str, str] | str, **options: object) -> list[CallSite]:
    return list(facts_of(folder, files, **options).call_sites)

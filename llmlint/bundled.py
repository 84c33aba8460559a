"""The name of a bundled folder (rules, policies, evals) → where it is, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path


def bundled(name: str) -> Path:
    """`llmlint/_bundled/NAME` of an installed wheel, else NAME beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_bundled" / name
    return installed if installed.is_dir() else package.parent / name

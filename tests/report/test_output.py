from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from llmlint.errors import UsageError
from llmlint.report.output import text_width, wants_colour, write_file


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


COLOUR = [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "expected"), COLOUR)
def test_colour_on_a_terminal(environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Terminal()) is expected


def test_no_colour_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert wants_colour(io.StringIO()) is False
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_colour(io.StringIO()) is True


@pytest.mark.parametrize(("columns", "width"), [("", 80), ("120", 120), ("3", 40), ("many", 80)])
def test_width_in_a_pipe(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert text_width(io.StringIO()) == width


def test_files_appear_whole_with_their_mode_and_links_stay(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "link").symlink_to(target)
    write_file(str(tmp_path / "link"), "né\n")
    assert target.read_bytes() == "né\n".encode() and (tmp_path / "link").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "out.json"]


@pytest.mark.parametrize("name", ["missing/out.json", "."])
def test_a_place_that_cannot_be_written_is_a_usage_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write_file(os.path.join(tmp_path, name), "x")  # noqa: PTH118

"""`llmlint classify`: the contract's lines, and broken ones between good ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmlint.cli import main

GOOD = '{"id": "a", "text": "Summarize the following text in three bullet points.\\n{text}"}'


def run(data: bytes, *args: str) -> tuple[int, list[dict[str, object]], str]:
    result = CliRunner().invoke(main, ["classify", *args], input=data)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_lines_in_lines_out() -> None:
    data = f'\ufeff{GOOD}\n\n{{"id": 7, "text": "", "more": 1}}'.encode()
    code, rows, err = run(data, "--format", "jsonl")
    assert (code, err) == (0, "")
    assert [list(row) for row in rows] == [["id", "task", "simple", "confidence", "evidence"]] * 2
    assert [(row["id"], row["task"]) for row in rows] == [("a", "summarization"), (7, "unknown")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"), (b"[1]", "not a JSON object"), (b'{"text": "x"}', 'no "id"'),
        (b'{"id": 1}', '"text" is missing'),
        (b'{"id": 1, "text": 5}', "not a text"), (b'{"id": 1, "text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON: nested too deep"), (b'{"id": ' + b"9" * 5000 + b', "text": ""}', "not JSON"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named_and_the_others_answered(line: bytes, message: str) -> None:
    good = GOOD.encode()
    code, rows, err = run(good + b"\n" + line + b"\n" + good + b"\n")
    assert code == 2 and len(rows) == 2
    assert err.startswith("llmlint: standard input:2: ") and message in err and len(err.splitlines()) == 1


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(GOOD, encoding="utf-8")
    assert run(b"", str(file))[1][0]["id"] == "a"
    code, rows, err = run(b"", str(tmp_path / "none"))
    assert (code, rows) == (2, []) and "cannot be read: no such file" in err
    assert run(b"", str(tmp_path))[0] == 2


def test_help_begins_with_an_example() -> None:
    assert "Examples:\n    llmlint classify" in CliRunner().invoke(main, ["classify", "--help"]).stdout

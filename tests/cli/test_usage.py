"""`llmlint usage` end to end: import, show, forget; exit codes; nothing secret or private is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.cli.repository import commit, git, write
from tests.observe.usage.spans import export, span

CHAT = {
    "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 7,
    "gen_ai.input.messages": "my private question", "gen_ai.usage.cost": 0.25,
}  # fmt: skip
CALL = "import openai\n\n\ndef ask(q):\n    return openai.OpenAI().responses.create(model='cheap', input=q)\n"
PRICES = """prices:
  cheap: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}
  dear: {input_usd_per_mtok: 10, output_usd_per_mtok: 10}
"""
TABLE = "date,model,team,input_tokens,output_tokens,cost\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMLINT_TODAY", "2026-11-25")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "spans.jsonl").write_text(export(span(1, CHAT), span(2, CHAT)))
    (tmp_path / "bill.csv").write_text(TABLE + "2026-10-01,claude-x,core,1000,20,1.5\n2026-10-02,claude-x,web,9,1,\n")
    return tmp_path


def test_import_twice_and_show(project: Path) -> None:
    first = run("usage", "import", "spans.jsonl", "--from", "otlp")
    assert (first.exit_code, first.stdout) == (0, "2 records from otlp, 2026-09-21 to 2026-09-21: 2 new, 0 known\n")
    again = run("usage", "import", "spans.jsonl", "--from", "otlp", "--format", "json")
    assert (json.loads(again.stdout)["added"], json.loads(again.stdout)["known"]) == (0, 2)
    run("usage", "import", "bill.csv", "--from", "csv")
    shown = json.loads(run("usage", "show", "--format", "json").stdout)
    assert {row["model"]: (row["requests"], row["usd"], row["cache_hit_rate"]) for row in shown["rows"]} == {
        "claude-x": (2, 1.5, None), "gpt-5": (2, 0.5, None),
    }  # fmt: skip
    assert [r["month"] for r in json.loads(run("usage", "show", "--by", "month", "-f", "json").stdout)["rows"]] == [
        "2026-09", "2026-10",
    ]  # fmt: skip
    by_team = run("usage", "show", "--by", "team", "--since", "2026-10-01").stdout
    assert "web" in by_team and "(not said)" not in by_team
    assert "no price is known for 10 tokens of claude-x" in by_team
    assert b"private question" not in b"".join(p.read_bytes() for p in (project / ".llmlint").iterdir())


def test_the_store_is_the_projects(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "er")
    assert run("usage", "import", "../../bill.csv", "--from", "csv").exit_code == 0
    assert (project / ".llmlint" / "usage.db").exists() and not (project / "deep" / ".llmlint").exists()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (TABLE + "2026-10-01,m,t,1,1,1\n2026-10-01,m,t,-1,1,1\n", 1, "bill.csv:3: not counted: input tokens is negative"),
        (TABLE + "2026-10-01,m,t,-1,1,1\n", 2, "nothing was imported: the only record is unusable; bill.csv:2"),
        (TABLE, 2, "bill.csv: no record of usage was found"),
        (TABLE + "2027-10-01,m,t,1,1,1\n", 2, "the time is in the future: the clock that wrote it is wrong"),
        ("", 2, "bill.csv: the file is empty"),
        ("<html>Sign in</html>", 2, "bill.csv:1: no column holds the time"),
    ],
)
def test_bad_tables(project: Path, text: str, code: int, words: str) -> None:
    (project / "bill.csv").write_text(text)
    result = run("usage", "import", "bill.csv", "--from", "csv")
    assert result.exit_code == code and words in result.stderr, result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "nothing.csv", "--from", "csv"), "nothing.csv: cannot be read: no such file or directory"),
        (("import", "--from", "csv"), "no file is named"),
        (("import", ".llmlint", "--from", "otlp"), "cannot be read"),
        (("import", "x", "--from", "smoke"), "is not one of"),
        (("import", "bill.csv", "--from", "csv", "--rate", "EUR"), "is not a currency and its worth"),
        (("import", "bill.csv", "--from", "csv", "--rate", "EUR=-1"), "is not a currency and its worth"),
        (("show",), "there is no usage store"),
        (("forget", "csv"), "there is no usage store"),
        (("forget",), "Name a source, or say --all"),
        (("show", "--since", "yesterday"), "is not a date such as"),
    ],
)
def test_mistakes_are_one_line(project: Path, arguments: tuple[str, ...], words: str) -> None:
    result = run("usage", *arguments)
    assert result.exit_code == 2 and words in result.stderr, result.output
    assert not (project / ".llmlint").exists()


def test_show_says_when_nothing_is_known_of_that_time(project: Path) -> None:
    run("usage", "import", "bill.csv", "--from", "csv")
    result = run("usage", "show", "--since", "2026-11-01")
    assert result.exit_code == 2 and "no usage is known of that time" in result.stderr


def test_forget(project: Path) -> None:
    run("usage", "import", "bill.csv", "--from", "csv")
    assert run("usage", "forget", "csv").stdout == "2 records forgotten\n"
    assert run("usage", "show").exit_code == 2


def test_sites(project: Path) -> None:
    (project / "app.py").write_text(
        "import openai\n\n\ndef ask(q):\n    return openai.OpenAI().responses.create(model='gpt-5', input=q)\n"
    )
    here = {**CHAT, "code.file.path": "/srv/app.py", "code.line.number": 5}
    elsewhere = {**CHAT, "code.file.path": "/srv/other.py", "code.line.number": 5}
    (project / "spans.jsonl").write_text(export(span(1, here), span(2, here), span(3, elsewhere)))
    run("usage", "import", "spans.jsonl", "--from", "otlp")
    found = json.loads(run("usage", "sites", "--format", "json", "--no-cache").stdout)
    assert [(s["path"], s["line"], s["how"], s["requests"], s["usd"]) for s in found["sites"]] == [("app.py", 5, "exact", 2, 0.5)]
    assert [(u["path"], u["usd"]) for u in found["unmatched"]] == [("/srv/other.py", 0.25)]
    assert (found["usd"], found["matched_usd"]) == (0.75, 0.5)
    text = run("usage", "sites", "--no-cache").stdout
    assert "$0.75 in 1 day; call sites of this code account for 67%" in text and "no call site of this code:" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_diff_goes_by_what_was_observed(project: Path) -> None:
    git(project, "init", "-q")
    write(project, {"app.py": CALL, "llmlint.yaml": PRICES})
    commit(project)
    here = {**CHAT, "code.file.path": "/srv/app.py", "code.line.number": 5, "code.function.name": "app.ask"}
    (project / "spans.jsonl").write_text(export(*(span(i, here) for i in range(1, 101))))
    run("usage", "import", "spans.jsonl", "--from", "otlp")
    write(project, {"app.py": "import os\n" + CALL.replace("'cheap'", "'dear'")})
    found = json.loads(run("diff", "HEAD", "--format", "json").stdout)
    assert found["delta_usd_per_month"] == pytest.approx(30 * 100 * (100 * 9 + 7 * 9) / 1e6)

"""LiteLLM's spend logs → rows: exports as the API and the table give them, and a real PostgreSQL where there is one."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.litellm_logs import database_rows, litellm_rows
from llmlint.observe.usage.otlp import Defaults
from llmlint.observe.usage.records import Refusal, Row

DEFAULTS = Defaults(latest=1_795_000_000)
LOG: dict[str, Any] = {
    "request_id": "chatcmpl-1", "call_type": "acompletion", "spend": 0.0125, "total_tokens": 1_100,
    "prompt_tokens": 1_000, "completion_tokens": 100, "startTime": "2026-10-01T08:00:00.123000Z",
    "endTime": "2026-10-01T08:00:03Z", "model": "gpt-x", "custom_llm_provider": "azure", "team_id": "t-1",
    "cache_hit": "False", "request_tags": ["User-Agent: x", "triage"], "status": "success", "messages": "private",
    "metadata": {"user_api_key_team_alias": "core", "usage_object": {"prompt_tokens_details": {"cached_tokens": 400}}},
}  # fmt: skip


def read(folder: Path, text: str, name: str = "logs.json") -> tuple[list[Row], list[Refusal]]:
    file = folder / name
    file.write_text(text)
    found = list(litellm_rows([str(file)], DEFAULTS))
    return [r for r in found if isinstance(r, Row)], [r for r in found if isinstance(r, Refusal)]


def as_csv(log: dict[str, Any]) -> str:
    from io import StringIO

    out = StringIO()
    writer = csv.DictWriter(out, list(log))
    writer.writeheader()
    writer.writerow({k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in log.items()})
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps([LOG]), "logs.json"),
        (json.dumps(LOG) + "\n", "logs.jsonl"),
        (json.dumps({"data": [LOG], "total": 1, "page": 1, "total_pages": 1}), "page.json"),
        (json.dumps({**LOG, "metadata": json.dumps(LOG["metadata"]), "request_tags": '["triage"]'}), "text.json"),
        (as_csv(LOG), "table.csv"),
    ],
)
def test_shapes(tmp_path: Path, text: str, name: str) -> None:
    (row,), refused = read(tmp_path, text, name)
    assert not refused and row.usage == Usage(600, 100, 400) and row.nano_usd == 12_500_000 and row.seconds == 3
    assert row.subject.cache_told and row.subject[:2] == ("azure-openai", "gpt-x")
    assert (row.subject.team, row.subject.label) == ("core", "triage")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"spend": -1}, "the cost is negative"),
        ({"total_tokens": 5}, "the total is less than its parts"),
        ({"startTime": "2031-01-01"}, "in the future"),
        ({"request_id": ""}, "no spend log of LiteLLM"),
    ],
)
def test_logs_that_cannot_be_counted(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    rows, (refusal,) = read(tmp_path, json.dumps([{**LOG, **change}]))
    assert not rows and why in refusal.why and refusal.where.endswith("logs.json[0]")


def test_a_page_is_not_the_whole(tmp_path: Path) -> None:
    rows, (refusal,) = read(tmp_path, json.dumps({"data": [LOG], "page": 1, "total_pages": 7}))
    assert not rows and "this is page 1 of 7" in refusal.why


def test_what_litellms_own_cache_answered_used_nothing(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, json.dumps([{**LOG, "cache_hit": "True", "spend": 0}]))
    assert (row.usage, row.requests, row.nano_usd, row.subject.cache_told) == (Usage(), 1, 0, False)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL of this test's own, on a socket in its folder."""
    pytest.importorskip("psycopg")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        pytest.skip("no PostgreSQL is installed")
    folder = Path(subprocess.run(["mktemp", "-d", "/tmp/llmlint-pg-XXXXXX"], capture_output=True, text=True).stdout.strip())
    user = []
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"]
    initdb, ctl = binaries[-1], binaries[-1].with_name("pg_ctl")
    try:
        subprocess.run([*user, initdb, "-D", folder / "db", "-U", "tester", "-A", "trust"], check=True, capture_output=True)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        start = [*user, ctl, "-D", folder / "db", "-o", options, "-w", "-l", folder / "log", "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield f"postgresql://tester@/postgres?host={folder}"
        subprocess.run([*user, ctl, "-D", folder / "db", "-m", "immediate", "stop"], check=True, capture_output=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_the_database_itself(database: str) -> None:
    import psycopg

    with pytest.raises(UsageError, match="has no table LiteLLM_SpendLogs"):
        list(database_rows(database, None, None, DEFAULTS))
    with psycopg.connect(database) as db:
        db.execute(
            'CREATE TABLE "LiteLLM_SpendLogs" (request_id text PRIMARY KEY, call_type text, spend double precision, '
            'total_tokens int, prompt_tokens int, completion_tokens int, "startTime" timestamp, "endTime" timestamp, '
            "model text, custom_llm_provider text, metadata jsonb, cache_hit text, request_tags jsonb, team_id text, "
            "status text, messages jsonb)"
        )
        for number, day in enumerate(("2026-10-01", "2026-10-02")):
            values = {**LOG, "request_id": str(number), "startTime": f"{day} 08:00:00", "endTime": f"{day} 08:00:02"}
            values = {k: json.dumps(v) if isinstance(v, dict | list) or k == "messages" else v for k, v in values.items()}
            names = ", ".join(f'"{k}"' for k in values)
            db.execute(f'INSERT INTO "LiteLLM_SpendLogs" ({names}) VALUES ({", ".join(["%s"] * len(values))})', list(values.values()))
    rows = list(database_rows(database, None, None, DEFAULTS))
    assert [(r.usage, r.nano_usd, r.seconds) for r in rows if isinstance(r, Row)] == [(Usage(600, 100, 400), 12_500_000, 2)] * 2
    from datetime import date

    assert len(list(database_rows(database, date(2026, 10, 2), None, DEFAULTS))) == 1


def test_a_database_that_is_not_there_keeps_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match="the database cannot be read: OperationalError") as raised:
        list(database_rows("postgresql://me:hunter2@127.0.0.1:1/x", None, None, DEFAULTS))
    assert "hunter2" not in str(raised.value)

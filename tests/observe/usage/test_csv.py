"""Tables → rows: columns by name or as the user says, numbers and times as people write them, what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from llmlint.errors import UsageError
from llmlint.money.usage import Usage
from llmlint.observe.usage.csv_rows import Table, csv_rows
from llmlint.observe.usage.records import Refusal, Row

LATEST = 1_795_000_000


def read(folder: Path, text: str, table: Table | None = None) -> tuple[list[Row], list[Refusal]]:
    file = folder / "usage.csv"
    file.write_text(text, encoding="utf-8")
    found = list(csv_rows([str(file)], table or Table(latest=LATEST)))
    return [r for r in found if isinstance(r, Row)], [r for r in found if isinstance(r, Refusal)]


@pytest.mark.parametrize(
    ("text", "usage", "requests", "nano"),
    [
        ("date,model,input_tokens,output_tokens\n2026-10-01,gpt-5,1200,30\n", Usage(1200, 30), 1, None),
        ("Date;Model;Prompt Tokens;Completion Tokens\n2026-10-01;gpt-5;1200;30\n", Usage(1200, 30), 1, None),
        ("timestamp\tmodel\trequests\tcost_usd\n1790812800\tgpt-5\t40\t$1,234.5\n".replace("\t", "\t"), Usage(), 40, 1234_500_000_000),
        ("date,model,prompt_tokens,cached_tokens\n2026-10-01,gpt-5,1200,1000\n", Usage(200, 0, 1000), 1, None),
        ("date,model,input_tokens,cache_read_input_tokens\n2026-10-01,m,1200,1000\n", Usage(1200, 0, 1000), 1, None),
        ('time,model,input_tokens\n"2026-10-01T08:00:00.123456Z",gpt-5,"1,200"\n', Usage(1200), 1, None),
        ("time,model,spend\n2026-10-01 08:00:00+02:00,gpt-5,0.0000012\n", Usage(), 1, 1200),
        ("time,model,calls,input_tokens\n20261001,gpt-5,,5\n", Usage(5), 1, None),
        ("time,model,spend\n2026-10-01T08:00:00.123456789+00,gpt-5,1\n", Usage(), 1, 1_000_000_000),
        ("time,model,spend\n2026-10-01 08:00:00 UTC,gpt-5,1\n", Usage(), 1, 1_000_000_000),
    ],
)
def test_columns(tmp_path: Path, text: str, usage: Usage, requests: int, nano: int | None) -> None:
    (row,), refused = read(tmp_path, text)
    assert not refused
    assert (row.usage, row.requests, row.nano_usd) == (usage, requests, nano)
    assert row.start // 86_400 == 20_727  # 2026-10-01


def test_the_user_says_which_column(tmp_path: Path) -> None:
    text = "wann,modell,rein,aus,wer\n2026-10-01,gpt-5,10,2,team rot\n"
    columns = {"time": "wann", "model": "modell", "prompt": "rein", "output": "aus", "team": "wer"}
    (row,), _ = read(tmp_path, text, Table(columns, latest=LATEST))
    assert (row.subject.model, row.subject.team, row.usage) == ("gpt-5", "team rot", Usage(10, 2))
    for wrong, why in (({"time": "when"}, "there is no column 'when'"), ({"colour": "wann"}, "no column 'colour' to name")):
        with pytest.raises(UsageError, match=why):
            read(tmp_path, text, Table({**columns, **wrong}, latest=LATEST))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ('{"secret": "question"}\n', "this is JSON, not a table"),
        ("model,input_tokens\ngpt-5,1\n", "no column holds the time"),
        ("date,model\n2026-10-01,gpt-5\n", "no column holds tokens or a cost"),
    ],
)
def test_what_is_no_table_of_usage(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2026-10-01,gpt-5,-1,0,1,USD", "input tokens is negative"),
        ("2026-10-01,gpt-5,ten,0,1,USD", "input tokens is not a number"),
        ("2026-10-01,gpt-5,1e400,0,1,USD", "input tokens is beyond all measure"),
        ("2026-10-01,gpt-5,NaN,0,1,USD", "input tokens is not a number"),
        ("2026-10-01,gpt-5,1,0,-0.1,USD", "the cost is negative"),
        ("2026-10-01,gpt-5,1,0,1e12,USD", "the cost is beyond all measure"),
        ('2026-10-01,gpt-5,1,0,"1,50",USD', "the cost has a comma that does not part thousands"),
        ('2026-10-01,gpt-5,"1,2",0,1,USD', "input tokens has a comma that does not part thousands"),
        ("2026-10-01,gpt-5,1,0,1,EUR", "the cost is in EUR; say what it is worth in dollars: --rate EUR="),
        ("2029-10-01,gpt-5,1,0,1,USD", "in the future"),
        ("1970-01-01,gpt-5,1,0,1,USD", "before 2019"),
        ("soon,gpt-5,1,0,1,USD", "is not a date or time"),
        (",gpt-5,1,0,1,USD", "the time is missing"),
        ("2026-10-01,gpt-5,1", "the row has 3 of 6 columns"),
    ],
)
def test_rows_that_cannot_be_counted(tmp_path: Path, row: str, why: str) -> None:
    text = f"date,model,input_tokens,output_tokens,cost,currency\n{row}\n2026-10-02,gpt-5,1,0,1,USD\n"
    rows, (refusal,) = read(tmp_path, text)
    assert len(rows) == 1 and why in refusal.why and refusal.where.endswith("usage.csv:2")


def test_currencies(tmp_path: Path) -> None:
    text = "date,model,cost,Cost currency\n2026-10-01,a,10,EUR\n2026-10-01,b,10,USD\n"
    rows, refused = read(tmp_path, text, Table(rates={"EUR": Decimal("1.08")}, latest=LATEST))
    assert [row.nano_usd for row in rows] == [10_800_000_000, 10_000_000_000] and not refused


def test_equal_rows_are_requests_of_their_own_and_one_file_counts_once(tmp_path: Path) -> None:
    text = "date,model,input_tokens\n" + "2026-10-01,gpt-5,1\n" * 3
    first, second = ({row.key for row in read(tmp_path, text)[0]} for _ in range(2))
    assert len(first) == 3 and first == second


def test_names_are_tamed(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, f"date,model,team,cost\n2026-10-01,\x1b[31mgpt-5\u202e,{'x' * 900},1\n")
    assert row.subject.model == "[31mgpt-5" and len(row.subject.team) == 200

"""Functions and programs that answer in a model's place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmlint.evals.records import Candidate, Reply, Request
from llmlint.evals.stand_ins import Programs
from llmlint.money.usage import Usage

MESSAGES = ({"role": "user", "content": "two words"},)


def asked(provider: str, model: str, **parameters: Any) -> Request:
    candidate = Candidate("me", provider, model, parameters=parameters, stand_in=True)
    return Request(candidate, MESSAGES, "abcd", item="7", values={"input": "hi"})


def both_ways(folder: Path, request: Request) -> Reply:
    """The reply, the same whether it is awaited or not."""
    with Programs(folder, seconds=2) as programs:
        one, other = programs.answer(request), asyncio.run(programs.answered(request))
    assert (one.status, one.text, one.usage, one.error) == (other.status, other.text, other.usage, other.error)
    assert one.seconds is not None and one.usd is None
    return one


ANSWERS = [
    # the body of f(request), status, text, input and output tokens, error
    ("return request.values['input']", "ok", "hi", (3, 1), None),
    ("return ''", "empty", "", (3, 0), None),
    ("return None", "empty", "", (3, 0), None),
    ("return {'text': 'x', 'input_tokens': 50, 'output_tokens': 7}", "ok", "x", (50, 7), None),
    ("return {'text': '', 'status': 'refused'}", "refused", "", (3, 0), None),
    ("return {'tool_calls': [{'name': 'a', 'arguments': {}}]}", "ok", "", (3, 0), None),
    ("return request.candidate.parameters['k'] * 'ab'", "ok", "abab", (3, 1), None),
    ("return {}['nothing']", "failed", "", (0, 0), "me: own.py:2: KeyError: 'nothing'"),
    ("raise SystemExit(3)", "failed", "", (0, 0), "SystemExit: 3"),
    ("return 5", "failed", "", (0, 0), "a text or a mapping is expected, not int"),
    ("return {'text': 5}", "failed", "", (0, 0), "`text` must be a text"),
    ("return {'text': 'x', 'output_tokens': -1}", "failed", "", (0, 0), "whole numbers, 0 or more"),
    ("return {'text': 'x', 'status': 'good'}", "failed", "", (0, 0), "`status` is one of"),
]


@pytest.mark.parametrize(("body", "status", "text", "tokens", "error"), ANSWERS)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_function_answers(
    tmp_path: Path, kind: str, body: str, status: str, text: str, tokens: tuple[int, int], error: str | None
) -> None:
    (tmp_path / "own.py").write_text(f"{kind} f(request):\n    {body}\n", encoding="utf-8")
    reply = both_ways(tmp_path, asked("callable", "own:f", k=2))
    assert (reply.status, reply.text, reply.usage) == (status, text, Usage(*tokens))
    assert (error in (reply.error or "")) if error else reply.error is None


def test_a_function_finds_what_stands_beside_it_and_dotted_modules(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "helper_of_this_test.py").write_text("WORD = 'found'\n", encoding="utf-8")
    (tmp_path / "pkg" / "own.py").write_text(
        "from helper_of_this_test import WORD\ndef f(request):\n    return WORD\n", encoding="utf-8"
    )
    assert both_ways(tmp_path, asked("callable", "pkg.own:f")).text == "found"


@pytest.mark.parametrize(
    ("code", "spec", "error"),
    [
        ("1 / 0\ndef f(request): ...\n", "own:f", "own.py:1: cannot be run: ZeroDivisionError"),
        ("def f(request) ...\n", "own:f", "own.py:1: is no Python"),
        ("f = 3\n", "own:f", "is no function"),
        ("", "own:f", "has no 'f'"),
        ("", "nope:f", "there is no nope.py"),
    ],
)
def test_code_that_cannot_be_run_is_a_failed_answer(tmp_path: Path, code: str, spec: str, error: str) -> None:
    (tmp_path / "own.py").write_text(code, encoding="utf-8")
    reply = both_ways(tmp_path, asked("callable", spec))
    assert reply.status == "failed" and error in (reply.error or "")


LOOP = """\
import json, sys
n = 0
for line in sys.stdin:
    row = json.loads(line)
    n += 1
    ACT
"""
PROGRAMS = [
    ("print(json.dumps({'text': row['values']['input'] + row['system'] + row['item']}), flush=True)", "ok", "hiabcd7", None),
    ("print(json.dumps({'text': 'ü' * 3}), flush=True)", "ok", "üüü", None),
    ("print('no', flush=True)", "failed", "", "wrote no JSON line: 'no'"),
    ("print('[1]', flush=True)", "failed", "", "no JSON object"),
    ("raise SystemExit('gone')", "failed", "", "it ended, exit code 1: gone"),
    ("while True: pass", "failed", "", "no answer within 2 s"),
]


@pytest.mark.parametrize(("act", "status", "text", "error"), PROGRAMS)
def test_a_program_answers(tmp_path: Path, act: str, status: str, text: str, error: str | None) -> None:
    (tmp_path / "own.py").write_text(LOOP.replace("ACT", act), encoding="utf-8")
    reply = both_ways(tmp_path, asked("command", "python own.py"))
    assert (reply.status, reply.text) == (status, text)
    assert (error in (reply.error or "")) if error else reply.error is None


def test_a_program_is_started_once_and_again_when_it_died(tmp_path: Path) -> None:
    act = "print(json.dumps({'text': str(n)}), flush=True)\n    if n == 2: sys.exit(3)"
    (tmp_path / "own.py").write_text(LOOP.replace("ACT", act), encoding="utf-8")
    with Programs(tmp_path) as programs:
        texts = []
        while texts.count("1") < 2:  # a dying program may be met alive once more
            texts.append(programs.answer(asked("command", "python own.py")).text)
    assert texts[:2] == ["1", "2"] and texts[-1] == "1"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    reply = both_ways(tmp_path, asked("command", "no-such-program-anywhere"))
    assert reply.status == "failed" and "no-such-program-anywhere cannot be started" in (reply.error or "")


def test_files_of_one_name_in_two_tasks_are_two_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.py").write_text("from words import WORD\ndef f(request):\n    return WORD\n", encoding="utf-8")
        (tmp_path / name / "words.py").write_text(f"WORD = {name!r}\n", encoding="utf-8")
        assert both_ways(tmp_path / name, asked("callable", "own:f")).text == name

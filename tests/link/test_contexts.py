"""Loops around a call or around a call of its function, and whether anybody waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import openai, asyncio\nclient = openai.OpenAI()\n"
ASK = "client.chat.completions.create(model='gpt-4o', max_tokens=5, messages=[{'role': 'user', 'content': x}])"

REPEATED: list[tuple[str, str, bool]] = [
    ("once", f"x = 'a'\n{ASK}\n", False),
    ("for over rows", f"for x in rows():\n    {ASK}\n", True),
    ("comprehension", f"out = [{ASK} for x in rows()]\n", True),
    ("map", f"def ask(x):\n    return {ASK}\nlist(map(ask, rows()))\n", True),
    ("executor.map", f"def ask(x):\n    return {ASK}\nfrom concurrent.futures import ThreadPoolExecutor\n"
     "with ThreadPoolExecutor() as pool:\n    pool.map(ask, rows())\n", True),
    ("gather", f"async def ask(x):\n    return {ASK}\nasync def all():\n    await asyncio.gather(*[ask(x) for x in rows()])\n",
     True),
    ("a caller loops", f"def ask(x):\n    return {ASK}\nfor row in rows():\n    ask(row)\n", True),
    ("retries", f"for attempt in range(3):\n    x = 'a'\n    {ASK}\n", False),
    ("agent steps", f"MAX_STEPS = 9\nfor _ in range(MAX_STEPS):\n    x = 'a'\n    {ASK}\n", False),
    ("while True", f"while True:\n    x = input()\n    {ASK}\n", False),
    ("range(len())", f"data = rows()\nfor i in range(len(data)):\n    x = data[i]\n    {ASK}\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("code", "repeated"), [r[1:] for r in REPEATED], ids=[r[0] for r in REPEATED])
def test_repeated(tmp_path: Path, code: str, repeated: bool) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.repeated is repeated


def test_the_loop_is_named(tmp_path: Path) -> None:
    files = {
        "llm.py": HEAD + f"def ask(x):\n    return {ASK}\n",
        "job.py": "from llm import ask\n\ndef run(rows):\n    for row in rows:\n        ask(row)\n",
    }
    (site,) = sites_of(tmp_path, files)
    assert site.context.loop == "for loop over `rows` (job.py:4)"
    assert site.context.loop_via == "ask"


def test_a_loop_two_callers_up_is_told_but_does_not_make_it_repeated(tmp_path: Path) -> None:
    code = f"def raw(x):\n    return {ASK}\ndef ask(x):\n    return raw(x)\ndef run(rows):\n    for row in rows:\n        ask(row)\n"
    (site,) = sites_of(tmp_path, HEAD + code)
    context = site.context
    assert (site.repeated, context.loop_far, context.loop_class) == (False, True, "items")
    assert (context.loop, context.loop_via) == ("for loop over `rows` (app.py:8)", "ask")


OFFLINE: list[tuple[str, dict[str, str], bool | None]] = [
    ("main block", {"run.py": HEAD + f"def go(x):\n    {ASK}\nif __name__ == '__main__':\n    go('a')\n"}, True),
    ("a library function", {"lib.py": HEAD + f"def go(x):\n    {ASK}\n"}, None),
    ("main block of another file", {"lib.py": HEAD + f"def go(x):\n    {ASK}\n",
                                    "run.py": "from lib import go\nif __name__ == '__main__':\n    go('a')\n"}, True),
    ("the top level of a script", {"run.py": HEAD + f"def go(x):\n    {ASK}\ngo('a')\n"}, True),
    ("the top level hands it on", {"run.py": HEAD + f"def go(x):\n    {ASK}\nregister(go)\n"}, None),
    ("an evaluation", {"evals/run.py": HEAD + f"def go(x):\n    {ASK}\n"}, True),
    ("reached from evaluations alone", {"lib.py": HEAD + f"def go(x):\n    {ASK}\n",
                                        "math_eval.py": "from lib import go\ndef score(x):\n    go(x)\n"}, True),
    ("an evaluator behind a route", {"app/evaluation/run.py": HEAD + "from fastapi import FastAPI\napp = FastAPI()\n"
                                     f"@app.get('/')\ndef go(x):\n    {ASK}\n"}, False),
    ("the top level of a package", {"lib/__init__.py": HEAD + f"def go(x):\n    {ASK}\ngo('a')\n"}, None),
    ("a management command that has a builder", {
        "lib.py": HEAD + f"class T:\n    def go(self, x):\n        {ASK}\n",
        "app/management/commands/run.py": "from django.core.management.base import BaseCommand\nfrom lib import T\n"
        "class Command(BaseCommand):\n    def handle(self, *args, **options):\n        t = self.build()\n        t.go('a')\n"
        "    def build(self):\n        return T()\n"}, True),
    ("a chat at the terminal", {"run.py": HEAD + f"def go(x):\n    {ASK}\n"
                                "if __name__ == '__main__':\n    while True:\n        go(input())\n"}, None),
    ("a web server", {"run.py": HEAD + f"from fastapi import FastAPI\nimport uvicorn\napp = FastAPI()\n"
                      f"@app.get('/')\ndef go(x):\n    {ASK}\nif __name__ == '__main__':\n    uvicorn.run(app)\n"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("files", "offline"), [o[1:] for o in OFFLINE], ids=[o[0] for o in OFFLINE])
def test_offline(tmp_path: Path, files: dict[str, str], offline: bool | None) -> None:
    (site,) = sites_of(tmp_path, files)
    assert site.context.offline is offline


HEAD_OF_LOOPS = "from openai import OpenAI\nclient = OpenAI()\ndef ask(x):\n    return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': x}])\n"
ONCE = [
    ("for x in rows:\n        if bad(x):\n            return ask(x)", False, None),
    ("for x in rows:\n        try:\n            y = ask(x)\n            break\n        except OSError:\n            pass", False, None),
    ("for x in rows:\n        y = ask(x)\n        if y:\n            break", True, False),
    ("for x in ['a', 'b']:\n        ask(x)", True, True),
    ("for x in QUESTIONS:\n        ask(x)", True, True),
    ("for row in rows:\n        for x in QUESTIONS:\n            ask(x + row)", True, False),
    ("return [ask(x) for x in rows]", True, False),
    ("for x in rows[:5]:\n        ask(x)", True, True),
    ("for i, x in enumerate(rows[:5]):\n        ask(x)", True, True),
    ("for i, x in rows.head(10).iterrows():\n        ask(x)", True, True),
    ("for i, x in rows.sample(n=500).iterrows():\n        ask(x)", True, False),
    ("for x in rows[5:]:\n        ask(x)", True, False),
    ("n = 0\n    for x in rows:\n        if n >= LIMIT:\n            break\n        n += 1\n        ask(x)", True, True),
    ("done = []\n    for x in rows:\n        if len(done) == 500:\n            break\n        done.append(ask(x))", True, False),
    ("for i, x in enumerate(rows):\n        if i > 3:\n            break\n        ask(x)", True, True),
    ("for x in rows:\n        if x > 3:\n            break\n        ask(x)", True, False),
]


@pytest.mark.parametrize(("body", "repeated", "handful"), ONCE, ids=[o[0][:40] for o in ONCE])
def test_what_runs_once_for_all_the_loop(tmp_path: Path, body: str, repeated: bool, handful: bool | None) -> None:
    code = f"{HEAD_OF_LOOPS}QUESTIONS = ['who?', 'when?']\nLIMIT = 3\ndef run(rows):\n    {body}\n"
    (site,) = sites_of(tmp_path, code)
    assert (site.repeated, site.context.loop_handful) == (repeated, handful)


@pytest.mark.parametrize(("name", "offline"), [("input = load(row)", True), ("row = input()", False)])
def test_a_variable_named_input_asks_nobody(tmp_path: Path, name: str, offline: bool | None) -> None:
    code = f"{HEAD_OF_LOOPS}def run(rows):\n    for row in rows:\n        {name}\n        ask(row)\nif __name__ == '__main__':\n    run(load('a'))\n"
    (site,) = sites_of(tmp_path, code)
    assert site.context.offline is offline


@pytest.mark.parametrize(("shown", "waits"), [("print(p, end='')", True), ("print(p)", None), ("print('.', end='')", None)])
def test_a_person_reads_along_what_is_printed_piece_by_piece(tmp_path: Path, shown: str, waits: bool | None) -> None:
    code = f"def go(x):\n    for p in {ASK.replace('max_tokens', 'stream=True, max_tokens')}:\n        {shown}\n"
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.context.user_facing is waits


def test_a_function_of_the_module_may_show_the_pieces(tmp_path: Path) -> None:
    show = "def show(pieces):\n    for p in pieces:\n        print(p, end='')\n"
    code = f"def go(x):\n    show({ASK.replace('max_tokens', 'stream=True, max_tokens')})\n"
    (site,) = sites_of(tmp_path, HEAD + show + code)
    assert site.context.user_facing is True


@pytest.mark.parametrize(("version", "repeated"), [
    ("", True),
    ("    def many(self, xs):\n        return self.ask(join(xs))\n", False),
    ("    def many(self, xs):\n        return super().many(xs)\n", True),
], ids=["inherited", "a version of its own", "one that goes up"])  # fmt: skip
def test_a_loop_of_a_base_class_is_not_that_of_who_overrides_it(tmp_path: Path, version: str, repeated: bool) -> None:
    base = "class Base:\n    def ask(self, x): ...\n    def many(self, xs):\n        return [self.ask(x) for x in xs]\n"
    own = f"class Own(Base):\n    def ask(self, x):\n        return {ASK}\n{version}"
    (site,) = sites_of(tmp_path, HEAD + base + own)
    assert site.repeated is repeated


UNTIL = [
    ("for x in rows:\n        y = ask(x)\n        if y:\n            return y", True),
    ("for x in rows:\n        y = ask(x)\n        if y is not None:\n            found.append(y)\n            break", True),
    ("for x in rows:\n        y = ask(x)\n        spent_cost = price(y)\n        if spent_cost > 5:\n            break", False),
    ("for x in rows:\n        y = ask(x)\n        if not y:\n            raise ValueError(x)", False),
    ("for x in rows:\n        if done(x):\n            break\n        ask(x)", False),
    ("return [ask(x) for x in rows]", False),
]


@pytest.mark.parametrize(("body", "until"), UNTIL, ids=[u[0][:60] for u in UNTIL])
def test_an_answer_may_end_the_loop(tmp_path: Path, body: str, until: bool) -> None:
    (site,) = sites_of(tmp_path, f"{HEAD_OF_LOOPS}def run(rows):\n    {body}\n")
    assert site.context.loop_until is until

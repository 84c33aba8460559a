"""What is drawn anew for every request and stands before constant text."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = (
    "import openai, time, uuid, random, functools\nimport datetime as dt\nfrom datetime import date, datetime\n"
    "client = openai.OpenAI()\nBIG = 'You sort tickets. ' * 400\n"
)


def ask(system: str) -> str:
    return (
        "client.chat.completions.create(model='gpt-5', messages=[{'role': 'system', 'content': " + system + "}, "
        "{'role': 'user', 'content': q}])\n"
    )


VARIES: list[tuple[str, str, str]] = [
    ("the time", "def f(q):\n    " + ask("f'{datetime.now()} {BIG}'"), "datetime.now() (app.py:7)"),
    ("made a text", "def f(q):\n    " + ask("'Now: ' + str(datetime.now()) + BIG"), "datetime.now() (app.py:7)"),
    ("minutes", "def f(q):\n    " + ask("f\"{datetime.now().strftime('%d %H:%M')} {BIG}\""), "datetime.now() (app.py:7)"),
    ("format", "def f(q):\n    " + ask("f'{dt.datetime.now():%H:%M} {BIG}'"), "dt.datetime.now() (app.py:7)"),
    (".format()", "T = 'at {now} ' + BIG\ndef f(q):\n    " + ask("T.format(now=datetime.now())"),
     "datetime.now() (app.py:8)"),
    ("%", "T = 'at %s ' + BIG\ndef f(q):\n    " + ask("T % datetime.now()"), "datetime.now() (app.py:8)"),
    ("in the loop", "def f(qs):\n    for q in qs:\n        now = time.time()\n        " + ask("f'{now} {BIG}'"),
     "time.time() (app.py:8)"),
    ("before a loop that tries again", "def f(q):\n    now = time.time()\n    for attempt in range(3):\n        "
     + ask("f'{now} {BIG}'"), "time.time() (app.py:7)"),
    ("a helper", "def head():\n    return f'{uuid.uuid4().hex} '\ndef f(q):\n    " + ask("head() + BIG"),
     "uuid.uuid4() (app.py:7)"),
    ("a method", "class A:\n    def head(self):\n        return datetime.now().isoformat()\n    def f(self, q):\n        "
     + ask("self.head() + BIG"), "datetime.now() (app.py:8)"),
    ("what a caller passes", "def f(q, now):\n    " + ask("f'{now} {BIG}'") + "def g(q):\n    f(q, datetime.now())\n",
     "datetime.now() (app.py:9)"),
    ("a sample", "def f(q, rows):\n    shots = '\\n'.join(random.sample(rows, 3))\n    " + ask("shots + BIG"),
     "random.sample(rows, 3) (app.py:7)"),
    ("each of a sample", "def f(q, rows):\n    shots = '\\n'.join(f'- {r}' for r in random.sample(rows, 3))\n    "
     + ask("shots + BIG"), "random.sample(rows, 3) (app.py:7)"),
    ("an id by its name", "def f(q, request_id):\n    " + ask("f'{request_id} {BIG}'"), "`request_id`"),
    ("a person by the name", "def f(q, user):\n    " + ask("f'{user.user_name} {BIG}'"),
     "`user_name` (from user to user)"),
]  # fmt: skip

STEADY: list[tuple[str, str]] = [
    ("today", "def f(q):\n    " + ask("f'{date.today()} {BIG}'")),
    ("today, from the clock", "def f(q):\n    " + ask("f\"{datetime.now().strftime('%Y-%m-%d')} {BIG}\"")),
    ("the clock's date", "def f(q):\n    " + ask("f'{datetime.now().date()} {BIG}'")),
    ("the year", "def f(q):\n    " + ask("f'{datetime.now().year} {BIG}'")),
    ("in a format", "def f(q):\n    " + ask("f'{datetime.now():%A, %d %B %Y} {BIG}'")),
    ("a format that is not known", "def f(q, form):\n    " + ask("f'{datetime.now().strftime(form)} {BIG}'")),
    ("at the top level", "NOW = datetime.now()\ndef f(q):\n    " + ask("f'{NOW} {BIG}'")),
    ("a default", "def f(q, now=datetime.now()):\n    " + ask("f'{now} {BIG}'")),
    ("before the loop", "def f(qs):\n    now = datetime.now()\n    for q in qs:\n        " + ask("f'{now} {BIG}'")),
    ("before a conversation", "def f():\n    now = datetime.now()\n    while True:\n        q = input()\n        "
     + ask("f'{now} {BIG}'")),
    ("before a caller's loop", "def f(q, now):\n    " + ask("f'{now} {BIG}'")
     + "def g(qs):\n    now = datetime.now()\n    for q in qs:\n        f(q, now)\n"),
    ("when the object is made", "class A:\n    def __init__(self):\n        self.s = f'{uuid.uuid4()} {BIG}'\n"
     "    def f(self, q):\n        " + ask("self.s")),
    ("by a helper, when the object is made", "def head():\n    return f'{uuid.uuid4()} {BIG}'\nclass A:\n"
     "    def __init__(self):\n        self.s = head()\n    def f(self, q):\n        " + ask("self.s")),
    ("kept", "@functools.lru_cache\ndef head():\n    return f'{uuid.uuid4()} {BIG}'\ndef f(q):\n    " + ask("head()")),
    ("with a seed", "random.seed(7)\ndef f(q, rows):\n    shots = ' '.join(random.sample(rows, 3))\n    "
     + ask("shots + BIG")),
    ("one of few", "def f(q):\n    " + ask("random.choice(['Be kind. ', 'Be brief. ']) + BIG")),
    ("something else", "def f(q, language):\n    " + ask("f'{language} {BIG}'")),
    ("a setting", "import os\nUSER_NAME = os.environ['X']\ndef f(q):\n    " + ask("f'{USER_NAME} {BIG}'")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "told"), [v[1:] for v in VARIES], ids=[v[0] for v in VARIES])
def test_what_is_drawn_for_every_request(tmp_path: Path, code: str, told: str) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.prompt.varies == (told,)
    assert (site.prompt.hidden_tokens or 0) > 1_500


@pytest.mark.parametrize("code", [s[1] for s in STEADY], ids=[s[0] for s in STEADY])
def test_what_is_not(tmp_path: Path, code: str) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.prompt.varies == ()
    assert site.prompt.hidden_tokens is None


def test_behind_the_constant_part_it_hides_nothing(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, HEAD + "def f(q):\n    " + ask("f'{BIG} {datetime.now()}'"))
    assert site.prompt.hidden_tokens == 0


def test_of_what_stands_behind_another_thing_that_varies_large_pieces_can_be_moved(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, HEAD + "def f(q):\n    " + ask("f'{datetime.now()} Dear {q}, {BIG}'"))
    assert (site.prompt.hidden_tokens or 0) > 1_500
    pieces = " ".join(f"{{q}} {'Be kind. ' * 40}" for _ in range(9))
    (site,) = sites_of(tmp_path, HEAD + "def f(q):\n    " + ask(f"f'{{datetime.now()}} Dear {pieces}'"))
    assert (site.prompt.hidden_tokens or 0) < 10
    (site,) = sites_of(tmp_path, HEAD + "def f(q):\n    " + ask("f'{q} {BIG} {q} {datetime.now()} {q} {BIG[:400]}'"))
    assert site.prompt.varies == ()

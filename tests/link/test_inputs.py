"""Whether a request to embed sends one text or a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import openai\nclient = openai.OpenAI()\n"


def embed(given: str) -> str:
    return f"client.embeddings.create(model='text-embedding-3-small', input={given})\n"


INPUTS: list[tuple[str, str, bool | None]] = [
    ("a text", embed("'tents'"), True),
    ("a list of one", "def f(x):\n    " + embed("[x]"), True),
    ("a list of some", embed("['tents', 'packs']"), False),
    ("a parameter that is a text", "def f(x: str):\n    " + embed("x"), True),
    ("a parameter that is a list", "def f(x: list[str]):\n    " + embed("x"), False),
    ("a text with its line ends gone", "def f(x):\n    x = x.replace('a', ' ')\n    " + embed("x"), True),
    ("each of a loop", "def f(chunks):\n    for chunk in chunks:\n        " + embed("chunk"), True),
    ("a chunk of many", "def f(rows):\n    for batch in batched(rows, 9):\n        " + embed("batch"), None),
    ("a slice", "def f(rows):\n    for i in range(0, 99, 9):\n        " + embed("rows[i:i + 9]"), None),
    ("a comprehension", "def f(rows):\n    " + embed("[r.text for r in rows]"), False),
    ("one by one when the list was refused", "def f(chunks):\n    try:\n        g(chunks)\n    except ValueError:\n"
     "        for chunk in chunks:\n            " + embed("[chunk]"), None),
    ("nothing known", "def f(x):\n    " + embed("x"), None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "one"), [i[1:] for i in INPUTS], ids=[i[0] for i in INPUTS])
def test_one_text(tmp_path: Path, code: str, one: bool | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.one_text is one

"""The three states of an output cap: set, missing, unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import openai\nclient = openai.OpenAI()\n"
CASES: list[tuple[str, str, str, int | None]] = [
    ("missing", "client.chat.completions.create(model='m', messages=[])", "missing", None),
    ("max_tokens", "client.chat.completions.create(model='m', messages=[], max_tokens=5)", "set", 5),
    ("max_completion_tokens", "client.chat.completions.create(model='m', messages=[], max_completion_tokens=5)", "set", 5),
    ("max_output_tokens", "client.responses.create(model='m', input='x', max_output_tokens=5)", "set", 5),
    ("responses without", "client.responses.create(model='m', input='x')", "missing", None),
    ("explicit None", "client.chat.completions.create(model='m', messages=[], max_tokens=None)", "missing", None),
    ("a variable", "client.chat.completions.create(model='m', messages=[], max_tokens=int(input()))", "set", None),
    ("dict splat", "kw = {'max_tokens': 5}\nclient.chat.completions.create(model='m', messages=[], **kw)", "set", 5),
    ("dict splat without", "kw = {'temperature': 0}\nclient.chat.completions.create(model='m', messages=[], **kw)",
     "missing", None),
    ("later update", "kw = {}\nkw['max_tokens'] = 5\nclient.chat.completions.create(model='m', messages=[], **kw)",
     "set", 5),
    ("update()", "kw = dict(model='m')\nkw.update(max_tokens=5)\nclient.chat.completions.create(messages=[], **kw)",
     "set", 5),
    ("on one branch", "kw = {}\nif input():\n    kw['max_tokens'] = 5\n"
     "client.chat.completions.create(model='m', messages=[], **kw)", "unknown", 5),
    ("unknown splat", "def ask(**kw):\n    client.chat.completions.create(model='m', messages=[], **kw)", "unknown", None),
    ("splat that callers fill", "def ask(**kw):\n    client.chat.completions.create(model='m', messages=[], **kw)\n"
     "ask(max_tokens=5)\n", "set", 5),
    ("splat that callers leave empty", "def ask(**kw):\n    client.chat.completions.create(model='m', messages=[], **kw)\n"
     "ask(temperature=1)\n", "missing", None),
    ("default None", "def ask(limit=None):\n    client.chat.completions.create(model='m', messages=[], max_tokens=limit)\n",
     "unknown", None),
    ("default with a number", "def ask(limit=7):\n"
     "    client.chat.completions.create(model='m', messages=[], max_tokens=limit)\n", "set", 7),
    ("a dict that may be given", "def ask(more={}):\n"
     "    client.chat.completions.create(model='m', messages=[], extra_body=more)\n", "unknown", None),
    ("or nothing", "def ask(more=None):\n    client.chat.completions.create(model='m', messages=[], **(more or {}))\n", "unknown", None),
    ("a dict that is given", "def ask(more={}):\n    client.chat.completions.create(model='m', messages=[], extra_body=more)\n"
     "ask({'top_k': 1})\n", "missing", None),
    ("extra_body", "client.chat.completions.create(model='m', messages=[], extra_body={'max_tokens': 5})", "set", 5),
    ("embedding", "client.embeddings.create(model='m', input='x')", "not-applicable", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "state", "value"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_cap(tmp_path: Path, code: str, state: str, value: int | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert (site.output_cap.state, site.output_cap.value) == (state, value)


def test_a_partial_caps_every_call(tmp_path: Path) -> None:
    code = HEAD + (
        "from functools import partial\n"
        "ask = partial(client.chat.completions.create, model='m', max_tokens=9)\n"
        "ask(messages=[])\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.model.values, site.output_cap.state, site.output_cap.value) == (("m",), "set", 9)


def test_an_attribute_that_is_none_by_default_may_be_set(tmp_path: Path) -> None:
    code = HEAD + (
        "class Model:\n"
        "    limit: int | None = None\n"
        "    def params(self):\n"
        "        out = {'model': 'm'}\n"
        "        if self.limit:\n"
        "            out['max_tokens'] = self.limit\n"
        "        return out\n"
        "    def ask(self):\n"
        "        client.chat.completions.create(messages=[], **self.params())\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.output_cap.state == "unknown"

"""Whether earlier turns are sent again, and whether anything limits how many."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import openai, cl, st\nclient = openai.OpenAI()\n"


ONE = "[{'role': 'user', 'content': q}]"
EACH = "[{'role': t.role, 'content': t.text} for t in st.session_state.turns]"


def ask(messages: str) -> str:
    return f"client.chat.completions.create(model='gpt-5', messages={messages})"


OBJECT = (
    "class Chat:\n    def __init__(self):\n        self.turns = []\n    def ask(self, q):\n"
    "        self.turns.append({'role': 'user', 'content': q})\n"
)
CHAT = "def main():\n    m = []\n    while True:\n        m.append({'role': 'user', 'content': input()})\n"

HISTORIES: list[tuple[str, str, str | None]] = [
    ("one question", f"def f(q):\n    {ask(ONE)}\n", "none"),
    ("built afresh", f"def f(q):\n    m = []\n    m.append({{'role': 'user', 'content': q}})\n    {ask('m')}\n", "none"),
    ("a chat", f"{CHAT}        r = {ask('m')}\n        m.append(r.choices[0].message)\n", "unbounded"),
    ("a chat with +=", f"{CHAT}        r = {ask('m')}\n        m += [r.choices[0].message]\n", "unbounded"),
    ("the last turns", f"{CHAT}        r = {ask('m[-9:]')}\n        m.append(r.choices[0].message)\n", "bounded"),
    ("cut", f"{CHAT}        m = m[-9:]\n        r = {ask('m')}\n        m.append(r.choices[0].message)\n", "bounded"),
    ("popped", f"{CHAT}        r = {ask('m')}\n        m.append(r)\n        if len(m) > 9:\n            m.pop(0)\n",
     "bounded"),
    ("trimmed", f"{CHAT}        r = {ask('trim_history(m)')}\n        m.append(r)\n", "bounded"),
    ("a few rounds", f"def f():\n    m = []\n    for i in range(5):\n        r = {ask('m')}\n        m.append(r)\n",
     "bounded"),
    ("an object's list", f"{OBJECT}        r = {ask('self.turns')}\n        self.turns.append(r)\n", "unbounded"),
    ("with a system prompt", f"{OBJECT}        r = {ask('[SYSTEM] + self.turns')}\n        self.turns.append(r)\n",
     "unbounded"),
    ("unpacked", f"{OBJECT}        r = {ask('[SYSTEM, *self.turns]')}\n        self.turns.append(r)\n", "unbounded"),
    ("by another name", f"{OBJECT}        m = [SYSTEM, *self.turns]\n        r = {ask('m')}\n", "unbounded"),
    ("cut by a method", f"{OBJECT}        r = {ask('self.turns')}\n    def trim(self):\n        del self.turns[:2]\n",
     "bounded"),
    ("tokens are counted", f"{OBJECT}        r = {ask('self.turns')}\n    def size(self):\n        return count_tokens(x)\n",
     None),
    ("begun anew by a task", f"{OBJECT}        r = {ask('self.turns')}\n    def run(self, task):\n        self.turns = [task]\n",
     None),
    ("begun anew by the request", f"class Chat:\n    def ask(self, q):\n        self.turns = [SYSTEM]\n"
     f"        self.turns.append(q)\n        r = {ask('self.turns')}\n", None),
    ("reset by a person", f"{OBJECT}        r = {ask('self.turns')}\n    def reset(self):\n        self.turns = []\n",
     "unbounded"),
    ("a global", f"turns = []\ndef f(q):\n    turns.append(q)\n    r = {ask('turns')}\n", "unbounded"),
    ("a session's", f"def f(q):\n    m = cl.user_session.get('history')\n    m.append(q)\n    r = {ask('m')}\n",
     "unbounded"),
    ("a session's, rewritten", "if 'turns' not in st.session_state:\n    st.session_state.turns = []\n"
     "st.session_state.turns.append(q)\n"
     f"r = {ask(EACH)}\n", "unbounded"),
    ("handed in by a chat", f"def f(m):\n    return {ask('m')}\n{CHAT}        r = f(m)\n        m.append(r)\n", "unbounded"),
    ("handed in, unknown", f"def f(m):\n    return {ask('m')}\n", None),
]  # fmt: skip

CARRIED: list[tuple[str, str, bool]] = [
    ("an answer in the next prompt", "s = ''\nfor c in rows():\n    r = " + ask("[{'role': 'user', 'content': s + c}]")
     + "\n    s = r.choices[0].message.content\n", True),
    ("through another name", "s = ''\nfor c in rows():\n    p = f'{s} {c}'\n    r = "
     + ask("[{'role': 'user', 'content': p}]") + "\n    s = r.choices[0].message.content\n", True),
    ("handed back by a function", "def f(q, m):\n    m = m + [q]\n    r = " + ask("m") + "\n    return r, m + [r]\n"
     "m = []\nfor q in rows():\n    r, m = f(q, m)\n", True),
    ("put into a memory", "def f(q):\n    known = memory.search(q)\n    r = "
     + ask("[{'role': 'user', 'content': f'{known} {q}'}]") + "\n    memory.add(r)\nfor q in rows():\n    f(q)\n", True),
    ("kept aside", "out = []\nfor c in rows():\n    r = " + ask("[{'role': 'user', 'content': c}]")
     + "\n    out.append(r)\n", False),
    ("written to the row", "for c in rows():\n    r = " + ask("[{'role': 'user', 'content': c['q']}]")
     + "\n    c['a'] = r\n", False),
    ("kept in the object, read by the method that asks", "class W:\n    def one(self, c):\n        p = ' '.join(self.done) + c\n        return "
     + ask("[{'role': 'user', 'content': p}]") + "\n    def all(self, rows):\n        for c in rows:\n            r = self.one(c)\n"
     "            self.done.append(r)\n", True),
    ("kept in the object, not read", "class W:\n    def one(self, c):\n        return " + ask("[{'role': 'user', 'content': c}]")
     + "\n    def all(self, rows):\n        for c in rows:\n            r = self.one(c)\n            self.done.append(r)\n", False),
    ("written into a field of what holds the rows", "for i, c in enumerate(x['rows']):\n    r = "
     + ask("[{'role': 'user', 'content': x['task'] + c['q']}]") + "\n    x['rows'][i]['a'] = r\n", False),
    ("a comprehension's name", "for c in rows():\n    k = 3\n    r = " + ask("[{'role': 'user', 'content': make(c, k)}]")
     + "\n    s = {k: v for k, v in r.items()}\n", False),
    ("begun anew for each row", "for c in rows():\n    m = [{'role': 'user', 'content': c}]\n    r = " + ask("m")
     + "\n    m.append(r)\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "history"), [h[1:] for h in HISTORIES], ids=[h[0] for h in HISTORIES])
def test_history(tmp_path: Path, code: str, history: str | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.prompt.history == history


@pytest.mark.parametrize(("code", "carried"), [c[1:] for c in CARRIED], ids=[c[0] for c in CARRIED])
def test_a_request_that_waits_for_the_one_before(tmp_path: Path, code: str, carried: bool) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert (site.prompt.history in ("bounded", "unbounded")) is carried

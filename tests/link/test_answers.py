"""What the code does with the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import openai, json, enum\nfrom typing import Literal\nclient = openai.OpenAI()\n"
ASK = "client.chat.completions.create(model='gpt-5-mini', messages=m{})"


def ask(more: str = "", then: str = "", text: str = "r.choices[0].message.content") -> str:
    return f"{HEAD}def f(m):\n    r = {ASK.format(more)}\n    text = {text}\n{then}"


LABELS: list[tuple[str, str, tuple[str, ...]]] = [
    ("equal", ask(then="    if text.strip().lower() == 'yes':\n        return 1\n"), ("yes",)),
    ("one of", ask(then="    if text not in ('billing', 'bug'):\n        raise ValueError\n"), ("billing", "bug")),
    ("one of a constant", f"KINDS = ['billing', 'bug', 'feature']\n{ask(then='    return text in KINDS')}", ("billing", "bug", "feature")),
    ("keys of a dict", f"{ask(then='    return TEAMS[text]')}\nTEAMS = {{'billing': 1, 'bug': 2}}\n", ("billing", "bug")),
    ("an enum", ask(then="    return Kind(text)\n") + "class Kind(enum.Enum):\n    A = 'urgent'\n    B = 'later'\n", ("urgent", "later")),
    ("match", ask(then="    match text:\n        case 'north':\n            return 1\n        case 'south':\n            return 2\n"),
     ("north", "south")),
    ("in a caller", ask(then="    return text\n") + "def g(m):\n    label = f(m)\n    if label == 'spam' or label == 'ham':\n        return 1\n",
     ("spam", "ham")),
    ("a field of a record", ask(then="    d = json.loads(text)\n    if d['mood'] == 'glad' or d['mood'] == 'sad':\n        return 1\n"),
     ("glad", "sad")),
    ("one field of many", ask(then="    d = json.loads(text)\n    if d['mood'] == 'glad' or d['mood'] == 'sad':\n"
                              "        return d['title'], d['author'], d['year']\n"), ()),
    ("yes in the text", ask(then="    return 'yes' in text.lower()\n"), ("yes",)),
    ("a marker in the text", ask(then="    return 'FINAL ANSWER' in text\n"), ()),
    ("the finish reason", ask(then="    return text == 'stop' or text == 'length'\n", text="r.choices[0].finish_reason"), ()),
    ("the role", ask(then="    return r.choices[0].message.role == 'assistant'\n"), ()),
    ("a command", ask(then="    return text == 'TERMINATE'\n"), ()),
    ("a record that the answer is put into", ask(then="    d = load()\n    d['answer'] = text\n"
     "    return d['kind'] == 'glad' or d['kind'] == 'sad'\n"), ()),
    ("another answer", ask(then="    grade = llm.invoke(text)\n    return grade.value == 'pass' or grade.value == 'fail'\n"), ()),
    ("something else", ask(then="    return m == 'yes'\n"), ()),
    ("literals of the response type", ask(", response_format=Verdict") +
     "class Verdict:\n    reason: str\n    label: Literal['toxic', 'fine']\n", ("toxic", "fine")),
    ("a response type with text", ask(", response_format=Verdict") +
     "class Verdict:\n    title: str\n    label: Literal['toxic', 'fine']\n", ()),
]  # fmt: skip


@pytest.mark.parametrize(("code", "labels"), [x[1:] for x in LABELS], ids=[x[0] for x in LABELS])
def test_labels(tmp_path: Path, code: str, labels: tuple[str, ...]) -> None:
    (site,) = sites_of(tmp_path, code)
    assert site.answer.labels == labels


CANDIDATES: list[tuple[str, str, str | None]] = [
    ("the first", ask(", n=3", "    return text\n"), "first"),
    ("each", ask(", n=3", "    return [c.message.content for c in r.choices]\n"), "all"),
    ("the second", ask(", n=3", "    return r.choices[1]\n"), "all"),
    ("nobody knows", ask(", n=3", "    save(r)\n"), None),
    ("only one is asked for", ask("", "    return text\n"), None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "reads"), [x[1:] for x in CANDIDATES], ids=[x[0] for x in CANDIDATES])
def test_candidates(tmp_path: Path, code: str, reads: str | None) -> None:
    assert sites_of(tmp_path, code + "\nprint(f([]))\n")[0].answer.reads == reads


USAGE: list[tuple[str, str, bool | None]] = [
    ("read", ask(then="    log(r.usage.total_tokens)\n"), True),
    ("not read", ask(then="    print(text)\n"), False),
    ("handed on", ask(then="    record(r)\n"), None),
    ("read by the caller", f"{HEAD}def f(m):\n    return {ASK.format('')}\ndef g(m):\n    r = f(m)\n    print(r.usage)\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("code", "usage"), [x[1:] for x in USAGE], ids=[x[0] for x in USAGE])
def test_usage(tmp_path: Path, code: str, usage: bool | None) -> None:
    assert sites_of(tmp_path, code)[0].answer.usage is usage


def stream(body: str, head: str = "for piece in r:") -> str:
    return f"{HEAD}def f(m):\n    r = {ASK.format(', stream=True')}\n    text = ''\n    done = False\n    {head}\n{body}"


PIECE = "        text += piece.choices[0].delta.content\n"
STREAMS: list[tuple[str, str, str | None, bool | None]] = [
    ("to the end", stream(PIECE), "end", False),
    ("printed", stream("        print(piece.choices[0].delta.content)\n"), "end", True),
    ("yielded", stream("        yield piece\n"), "end", True),
    ("left", stream(PIECE + "        if '</answer>' in text:\n            break\n"), "unclosed", False),
    ("left and closed", stream(PIECE + "        if '</answer>' in text:\n            break\n    r.close()\n"), "left", False),
    ("left inside with", f"{HEAD}def f(m):\n    text = ''\n    with {ASK.format(', stream=True')} as r:\n        for piece in r:\n"
     "            text += piece.choices[0].delta.content\n            if '</answer>' in text:\n                break\n", "left", False),
    ("left with a client that is closed", "import openai\ndef f(m):\n    text = ''\n    with openai.OpenAI() as client:\n"
     "        r = client.chat.completions.create(model=m, messages=[], stream=True)\n        for piece in r:\n"
     "            text += piece.choices[0].delta.content\n            if '</answer>' in text:\n                break\n", "left", False),
    ("left without a name", "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='m')\ndef f(m):\n    text = ''\n"
     "    for piece in llm.stream(m):\n        text += piece.content\n        if '</answer>' in text:\n            break\n", "left", False),
    ("its own end", stream(PIECE + "        if piece.choices[0].finish_reason:\n            break\n"), "end", False),
    ("its own end, through a flag", stream("        if piece.choices[0].finish_reason:\n            over = True\n" + PIECE +
                                           "        if over:\n            break\n"), "end", False),
    ("read in vain", stream("        if done:\n            continue\n" + PIECE +
                            "        if '</answer>' in text:\n            done = True\n"), "needless-end", False),
    ("read for the counts", stream("        if done:\n            continue\n" + PIECE + "        print(piece.usage)\n"
                                   "        if '</answer>' in text:\n            done = True\n"), "end", True),
    ("nobody knows", f"{HEAD}def f(m):\n    return {ASK.format(', stream=True')}\n", None, None),
    ("no stream", ask(), None, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "end", "on"), [x[1:] for x in STREAMS], ids=[x[0] for x in STREAMS])
def test_streams(tmp_path: Path, code: str, end: str | None, on: bool | None) -> None:
    answer = sites_of(tmp_path, code)[-1].answer
    assert (answer.stream_end, answer.streamed_on) == (end, on)


def test_stop_and_thinking(tmp_path: Path) -> None:
    code = (
        "import anthropic\nc = anthropic.Anthropic()\n"
        "c.messages.create(model='m', max_tokens=9, messages=[], stop_sequences=['###'],"
        " thinking={'type': 'enabled', 'budget_tokens': 16000})\n"
        "c.messages.create(model='m', max_tokens=9, messages=[])\n"
    )
    one, two = sites_of(tmp_path, code)
    assert (one.stop, one.thinking_tokens) == (True, 16000)
    assert (two.stop, two.thinking_tokens) == (False, None)

"""The constant prefix of a prompt, where it came from, and whether it is cached."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.sdks.tokens import estimate

from .code import sites_of

HEAD = "import anthropic\nclient = anthropic.Anthropic()\n"
ASK = "client.messages.create(model='claude-sonnet-4-5', max_tokens=5, system={}, messages=[])\n"
BIG = "You sort tickets. " * 400

ROUTES: list[tuple[str, dict[str, str] | str, int, tuple[str, ...]]] = [
    ("literal", HEAD + ASK.format("'Be brief.'"), 9, ()),
    ("constant of another module", {"app.py": HEAD + "from prompts import SYSTEM\n" + ASK.format("SYSTEM"),
                                    "prompts.py": f"SYSTEM = {BIG!r}\n"}, len(BIG), ()),
    ("joined constants", HEAD + "A = 'one '\nB = 'two'\n" + ASK.format("A + B"), 7, ()),
    ("join", HEAD + "PARTS = ['one', 'two']\n" + ASK.format("'\\n'.join(PARTS)"), 7, ()),
    ("dedent", HEAD + "import textwrap\n" + ASK.format("textwrap.dedent('''\n    one\n    ''')"), 5, ()),
    ("open", {"app.py": HEAD + "with open('prompts/s.md') as f:\n    S = f.read()\n" + ASK.format("S"),
              "prompts/s.md": BIG}, len(BIG), ("prompts/s.md",)),
    ("read_text beside the module", {"pkg/app.py": HEAD + "from pathlib import Path\n"
     "S = (Path(__file__).parent / 'prompts' / 's.md').read_text()\n" + ASK.format("S"), "pkg/prompts/s.md": BIG},
     len(BIG), ("pkg/prompts/s.md",)),
    ("importlib.resources", {"pkg/__init__.py": "", "pkg/app.py": HEAD + "from importlib import resources\n"
     "S = resources.files('pkg').joinpath('s.md').read_text()\n" + ASK.format("S"), "pkg/s.md": BIG},
     len(BIG), ("pkg/s.md",)),
    ("jinja2", {"app.py": HEAD + "import jinja2\nenv = jinja2.Environment(loader=jinja2.FileSystemLoader('t'))\n"
     "S = env.get_template('s.j2').render(name='x')\n" + ASK.format("S"), "t/s.j2": "Hello {{ name }}, welcome"},
     6, ("t/s.j2",)),
    ("until the first value", HEAD + "def f(name):\n    " + ASK.format("f'Dear {name}, ' + 'x' * 50"), 5, ()),
]  # fmt: skip


@pytest.mark.parametrize(("files", "chars", "source"), [r[1:] for r in ROUTES], ids=[r[0] for r in ROUTES])
def test_the_constant_prefix(
    tmp_path: Path, files: dict[str, str] | str, chars: int, source: tuple[str, ...]
) -> None:
    (site,) = sites_of(tmp_path, files)
    assert site.prompt.static_chars == chars
    assert site.prompt.source == source


CACHED = [
    ("plain", f"{BIG!r}", "", False),
    ("marked block", f"[{{'type': 'text', 'text': {BIG!r}, 'cache_control': {{'type': 'ephemeral'}}}}]", "", True),
    ("a block without a mark", f"[{{'type': 'text', 'text': {BIG!r}}}]", "", False),
    ("a list that is not known", "blocks", "def blocks_of(): ...\nimport x\nblocks = x.blocks()\n", None),
]


@pytest.mark.parametrize(("system", "before", "cached"), [c[1:] for c in CACHED], ids=[c[0] for c in CACHED])
def test_cached(tmp_path: Path, system: str, before: str, cached: bool | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + before + ASK.format(system))
    assert site.prompt.cached is cached


def test_what_varies_before_a_long_constant_part(tmp_path: Path) -> None:
    code = HEAD + f"def f(now):\n    {ASK.format(f'now + {BIG!r}')}"
    (site,) = sites_of(tmp_path, code)
    assert site.prompt.dynamic_before_static
    assert site.prompt.static_chars == 0


def test_a_prompt_outside_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("hidden")
    project = tmp_path / "project"
    (site,) = sites_of(project, HEAD + "S = open('../secret.md').read()\n" + ASK.format("S"))
    assert site.prompt.static_chars == 0
    assert site.prompt.source == ()


def test_the_prompts_text_never_leaves(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, HEAD + ASK.format("'a private text'"))
    assert "a private text" in (site.prompt.text or "")
    assert "private" not in str(site.to_json())
    assert "private" not in repr(site)


WHOLE = [
    ("'Say ok'", True, None),
    ("f'Sum up: {text}'", False, None),
    ("text", False, None),
    ("[{'type': 'text', 'text': 'What is this?'}, {'type': 'image_url', 'image_url': {'url': text}}]", False, True),
]


@pytest.mark.parametrize(("content", "constant", "media"), WHOLE, ids=[w[0][:20] for w in WHOLE])
def test_what_is_sent_as_a_whole(tmp_path: Path, content: str, constant: bool, media: bool | None) -> None:
    code = f"from openai import OpenAI\ndef f(text):\n    OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {content}}}])\n"
    (site,) = sites_of(tmp_path, code)
    assert (site.prompt.constant, site.prompt.media) == (constant, media)


def test_callers_that_set_different_tasks_leave_the_task_unknown(tmp_path: Path) -> None:
    code = (
        "from openai import OpenAI\n"
        "def ask(system, text):\n"
        "    OpenAI().chat.completions.create(model='m', messages=[{'role': 'system', 'content': system}, {'role': 'user', 'content': text}])\n"
        "ask('Classify the sentiment of the review as positive, negative or neutral. Answer with one word.', input())\n"
        "ask('Summarize the article in three sentences for a newsletter. Keep names and numbers.', input())\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.task.type, site.task.simple) == ("unknown", None)
    (site,) = sites_of(tmp_path, code.rsplit("ask(", 1)[0])
    assert (site.task.type, site.task.simple) == ("classification", True)


def test_a_message_written_as_a_pair(tmp_path: Path) -> None:
    code = "from langchain_openai import ChatOpenAI\ndef f(system):\n    ChatOpenAI(model='m').invoke([('system', system), ('human', 'Sum up.')])\n"
    made, site = sites_of(tmp_path, code)
    assert (made.kind, site.kind) == ("constructor", "generate")
    assert site.prompt.text == "{system}\nSum up."


BLOCK = "{{'type': 'text', 'text': {}, 'cache_control': {}}}"
MARKS: list[tuple[str, str, tuple[int | None, int | None, str | None]]] = [
    ("a short block", "[" + BLOCK.format("'Be brief.'", "{'type': 'ephemeral'}") + "]", (1, 3, "5m")),
    ("for an hour", "[" + BLOCK.format("BIG", "{'type': 'ephemeral', 'ttl': '1h'}") + "]", (1, int(estimate(BIG)), "1h")),
    ("behind a document", "[{'type': 'text', 'text': document}, " + BLOCK.format("'Be brief.'", "{'type': 'ephemeral'}")
     + "]", (None, None, "5m")),
    ("the last of two", "[" + BLOCK.format("'One.'", "{'type': 'ephemeral'}") + ", "
     + BLOCK.format("BIG", "{'type': 'ephemeral'}") + "]", (2, int(estimate(BIG) + estimate("One.")), "5m")),
    ("how long is not known", "[" + BLOCK.format("BIG", "control") + "]", (1, int(estimate(BIG)), None)),
    ("the longer of two", "[" + BLOCK.format("BIG if document else 'Be brief.'", "{'type': 'ephemeral'}") + "]",
     (1, int(estimate(BIG)), "5m")),
    ("joined with a document", "[" + BLOCK.format("'Tents. ' + document", "{'type': 'ephemeral'}") + "]", (1, None, "5m")),
    ("none", "'Be brief.'", (0, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("system", "expected"), [m[1:] for m in MARKS], ids=[m[0] for m in MARKS])
def test_breakpoints(tmp_path: Path, system: str, expected: tuple[int | None, int | None, str | None]) -> None:
    code = f"{HEAD}BIG = {BIG!r}\ndef f(document, control):\n    {ASK.format(system)}"
    (site,) = sites_of(tmp_path, code)
    assert (site.prompt.breakpoints, site.prompt.cached_tokens, site.prompt.ttl) == expected


def test_a_breakpoint_on_the_last_of_all_tools(tmp_path: Path) -> None:
    tool = "{'name': 'a', 'description': 'reads', 'input_schema': {'type': 'object', 'properties': {}}}"
    code = (
        f"{HEAD}TOOLS = [{tool}, {tool}]\ndef f(question):\n"
        "    tools = TOOLS[:-1] + [{**TOOLS[-1], 'cache_control': {'type': 'ephemeral'}}]\n"
        "    anthropic.Anthropic().messages.create(model='claude-haiku-4-5', max_tokens=5, tools=tools,\n"
        "        messages=[{'role': 'user', 'content': question}])\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.prompt.breakpoints == 1 and site.prompt.cached_tokens is not None
    assert 20 < site.prompt.cached_tokens < 80

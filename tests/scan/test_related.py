"""Files that name no SDK and ask a model object which another file made."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from llmlint.scan.related import imported, related

MAKES = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI()\n"
ASKS = "def go(q):\n    return llm.invoke(q)\n"

CASES: list[tuple[str, dict[str, str], bool]] = [
    ("imports it", {"llm.py": MAKES, "go.py": "from llm import llm\n" + ASKS}, True),
    ("in brackets", {"app/llm.py": MAKES, "app/go.py": "from .llm import (\n    a,\n    llm,\n)\n" + ASKS}, True),
    ("imports the module", {"app/llm.py": MAKES, "app/go.py": "import app.llm as l\n" + ASKS}, True),
    ("from a package that hands it on", {"app/__init__.py": "from .llm import llm\n", "app/llm.py": MAKES,
                                         "go.py": "from app import llm\n" + ASKS}, True),
    ("a notebook", {"llm.py": MAKES, "go.ipynb": '{"source": ["from llm import llm\\n", "llm.invoke(1)"]}'}, True),
    ("is imported by it", {"main.py": MAKES + "from agent import Agent\n", "agent.py": ASKS}, True),
    ("strangers", {"llm.py": MAKES, "test_cli.py": "from click.testing import CliRunner\n" + ASKS}, False),
    ("named in a comment", {"llm.py": MAKES, "go.py": "# like llm\n" + ASKS}, False),
]  # fmt: skip


@pytest.mark.parametrize(("files", "looked_into"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_related(files: Mapping[str, str], looked_into: bool) -> None:
    data = {path: text.encode() for path, text in files.items()}
    hits = [path for path in files if b"langchain" in data[path]]
    callers = [path for path in files if path not in hits and b".invoke(" in data[path]]
    found = related(callers, hits, sorted(files), lambda path: b"langchain" in data[path], data.get)
    assert found == (tuple(callers) if looked_into else ())


def test_for_the_files_of_a_commit_the_others_are_read_when_needed() -> None:
    data = {"llm.py": MAKES.encode(), "go.py": ("from llm import llm\n" + ASKS).encode()}
    assert related(["go.py"], [], sorted(data), lambda path: b"langchain" in data[path], data.get) == ("go.py",)


def test_imported_names_are_the_last_ones() -> None:
    code = b"import os, app.models as m\nfrom .graph.chains import (router, grader as g)  # all\nfrom x import *\n"
    assert imported(code) == {"os", "models", "chains", "router", "grader", "as", "g", "x"}

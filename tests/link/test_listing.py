"""What a listing keeps of the files' texts is what looking at each text would say."""

from __future__ import annotations

import re

import pytest

from llmlint.link.listing import Listing

TEXTS = {
    "plain.py": "import json\nfrom app.ask import answer\n\ndef ask():\n    import late.on\n",
    "relative.py": "from . import ask\nfrom  .app import other\n",
    "none.py": "x = 'json'\n# nothing is imported here, json\nimporter = 1\n",
    "twice.py": "import a; from b.c import d as json2\ndef ask(): pass\nclass A:\n    def ask(self): pass\n    def asks(self): pass\n",
    "odd.py": "import importlib\nmod = importlib.import_module('my-app.x')  # import my-app\nfrom x import(ä)\n",
    "empty.py": "",
}


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("word", ["json", "app", "ask", "b", "json2", "late", "on", "x", "ä", "importlib", "import_module"])
def test_imported_words(path: str, word: str) -> None:
    found = Listing(TEXTS).imports(path, TEXTS.get)
    assert found is not None
    looked = re.search(rf"\b(?:from|import)\b[^\n]*\b(?:{re.escape(word)})\b", TEXTS[path]) is not None
    assert (word in found.words) == looked
    assert any(re.search(rf"\b{re.escape(word)}\b", line) for line in found.lines) == looked
    assert found.relative == (path == "relative.py")


def test_a_file_that_cannot_be_read_imports_nothing_that_is_known() -> None:
    assert Listing(["gone.py"]).imports("gone.py", TEXTS.get) is None


@pytest.mark.parametrize("path, name, times", [("twice.py", "ask", 2), ("plain.py", "ask", 1), ("none.py", "ask", 0), ("gone.py", "ask", 0)])
def test_definitions(path: str, name: str, times: int) -> None:
    assert Listing(TEXTS).defined(path, TEXTS.get)[name] == times


def test_a_text_is_read_once() -> None:
    read: list[str] = []
    listing = Listing(TEXTS)

    def read_text(path: str) -> str | None:
        read.append(path)
        return TEXTS.get(path)

    for _ in range(2):
        listing.imports("plain.py", read_text)
        listing.defined("gone.py", read_text)
    assert read == ["plain.py", "gone.py"]

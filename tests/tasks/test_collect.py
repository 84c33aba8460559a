"""Folder → facts: which files are looked into."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.scan.options import ScanOptions
from llmlint.tasks.collect import collect_facts

CHAIN = (
    "from langchain_core.prompts import ChatPromptTemplate\nfrom langchain_openai import ChatOpenAI\n"
    "chain = ChatPromptTemplate.from_template('Answer: {q}') | ChatOpenAI(model='gpt-5', max_tokens=9)\n"
)
ASK = "from app.chains import chain\ndef go(q):\n    return chain.invoke({'q': q})\n"


@pytest.mark.parametrize("asked", [".", "app/ask.py"])
def test_a_chain_that_another_file_made_is_asked_here(tmp_path: Path, asked: str) -> None:
    for path, text in {"app/chains.py": CHAIN, "app/ask.py": ASK, "app/tell.py": "x.invoke(1)\n"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    facts = collect_facts([tmp_path / asked], ScanOptions(cache=False), root=tmp_path)
    (site,) = [s for s in facts.call_sites if s.path == "app/ask.py"]
    assert (site.line, site.model.values, site.provider) == (3, ("gpt-5",), "langchain")
    assert facts.stats.sifted == (2 if asked == "." else 1)

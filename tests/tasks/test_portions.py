"""A large repository in portions: the same call sites as at once, and shared code is parsed once as long as there is room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmlint.facts import Facts, ScanStats
from llmlint.link import analysis
from llmlint.scan.options import ScanOptions
from llmlint.tasks import portions
from llmlint.tasks.collect import collect_facts

ASK = """
from openai import OpenAI

MODELS = {"a": "gpt-4o", "b": "gpt-4o-mini"}


def ask(model, text):
    return OpenAI().chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
"""
USER = """
import openai
from shared import ask


def run{0}(texts):
    for text in texts:
        ask("gpt-4o-{0}", "Summarize: " + text)


if __name__ == "__main__":
    run{0}(open("texts").readlines())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shared.py").write_text(ASK)
    for number in range(4):
        (tmp_path / f"user{number}.py").write_text(USER.format(number))
    (tmp_path / "alone.py").write_text("import openai\nopenai.chat.completions.create(model='gpt-5')\n")
    (tmp_path / "broken.py").write_text("import openai\ndef (")
    return tmp_path


def scanned(project: Path) -> Facts:
    return collect_facts([project], ScanOptions(cache=False, jobs=1))


@pytest.mark.parametrize("held, once", [(10_000, True), (0, False)])
def test_portions_find_what_one_run_finds(
    project: Path, monkeypatch: pytest.MonkeyPatch, held: int, once: bool
) -> None:
    whole = scanned(project)
    assert len(whole.call_sites) == 2
    assert whole.call_sites[1].model.values == tuple(f"gpt-4o-{n}" for n in range(4))
    monkeypatch.setattr(portions, "LARGEST", 1)
    monkeypatch.setattr(portions, "PORTION", 1)
    monkeypatch.setattr(analysis, "TEXT_HELD", held)
    found = scanned(project)
    assert (found.stats.parsed == whole.stats.parsed == 7) == once
    assert replace(found, stats=ScanStats()) == replace(whole, stats=ScanStats())


def test_progress_goes_up_to_the_number_of_files(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "LARGEST", 1)
    monkeypatch.setattr(portions, "PORTION", 2)
    monkeypatch.setattr(analysis, "TEXT_HELD", 0)
    told: list[tuple[int, int]] = []
    options = ScanOptions(cache=False, jobs=1)
    collect_facts([project], options, lambda what, done, total: told.append((done, total)) if what == "linking" else None)
    assert told == [(n, 7) for n in range(7)]

"""The typer on prompts that a reader types at a glance, and on hostile ones."""

from __future__ import annotations

import time

import pytest

from llmlint.tasks.typer import MAX_EVIDENCE, MAX_EVIDENCE_CHARS, SPEAK_CONFIDENCE, Hints, classify_prompt

PLAIN = [
    (
        "Decide if this e-mail is about a refund. Reply with exactly one word, yes or no.\n\n{email}",
        "classification",
        True,
    ),
    ("You label support tickets. Categories: billing, bug, praise. Output only the category.", "classification", True),
    ("Pull the vendor, date and amount out of the receipt as JSON. Null if missing.\n{receipt}", "extraction", True),
    ("Summarize the following meeting transcript in three bullet points.\n{transcript}", "summarization", True),
    ("Translate the following text into {language}. Output only the translation.\n{text}", "rewriting", True),
    ("请把下面的文字翻译成英文，只输出译文。\n{text}", "rewriting", True),
    ("Answer the question using only the context.\nContext: {context}\nQuestion: {question}", "qa", None),
    (
        "You are an expert programmer. Write a Python function that solves: {task}. Return only code.",
        "code_generation",
        False,
    ),
    (
        "You have access to the following tools:\n{tools}\nThought:\nAction:\nAction Input:\nObservation:",
        "agent",
        False,
    ),
    ("Solve the math problem step by step and box the final answer.\n{problem}", "reasoning", False),
    ("Rate the assistant's answer from 1 to 10 for accuracy.\n{question}\n{answer}", "judge", None),
    ("Represent this sentence for searching relevant passages:", "embedding", None),
]


@pytest.mark.parametrize(("text", "task", "simple"), PLAIN)
def test_plain_prompts(text: str, task: str, simple: bool | None) -> None:
    fact = classify_prompt(text)
    assert fact.type == task
    assert fact.simple in (simple, None)
    assert fact.evidence


@pytest.mark.parametrize("text", ["", " \n", "{x}", "…", "\x00"])
def test_nothing_to_read_is_unknown(text: str) -> None:
    fact = classify_prompt(text)
    assert (fact.type, fact.simple) == ("unknown", None)
    assert fact.confidence < SPEAK_CONFIDENCE


@pytest.mark.parametrize(
    ("hints", "task", "simple"),
    [
        (Hints(kind="embed"), "embedding", None),
        (Hints(labels=("spam", "ham"), output_cap=4), "classification", True),
        (Hints(tools=True, loop=True), "agent", False),
        (Hints(function="app.mail.translate_reply"), "rewriting", True),
    ],
)
def test_the_code_around_a_bare_prompt_decides(hints: Hints, task: str, simple: bool | None) -> None:
    fact = classify_prompt("{prompt}", hints)
    assert (fact.type, fact.simple) == (task, simple)


def test_tools_take_simple_away() -> None:
    text = "Is this ticket urgent? Answer yes or no."
    assert classify_prompt(text).simple is True
    assert classify_prompt(text, Hints(tools=True)).simple is not True


@pytest.mark.parametrize(("text", "task", "simple"), PLAIN)
def test_evidence_is_short_and_quotes_little(text: str, task: str, simple: bool | None) -> None:
    fact = classify_prompt(text + " secret" * 50)
    assert len(fact.evidence) <= MAX_EVIDENCE
    assert all(0 < len(line) <= MAX_EVIDENCE_CHARS for line in fact.evidence)
    assert 0.0 <= fact.confidence <= 1.0


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "{",
        '"a',
        "you are ",
        "- ",
        "\n#",
        "1. ",
        "**a",
        "`a` or ",
        "please ",
        "abc_",
        "f(",
        "<a",
        "是",
        "'a' | ",
        "$a",
    ],
)
def test_a_megabyte_of_anything_is_read_in_bounded_time(piece: str) -> None:
    classify_prompt("warm")
    start = time.process_time()
    classify_prompt(piece * (1_000_000 // len(piece)))
    assert time.process_time() - start < 10  # what backtracks takes hours

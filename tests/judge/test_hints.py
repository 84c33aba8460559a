"""What the code says against a task that looks simple."""

from __future__ import annotations

from typing import Any

import pytest

from llmlint.facts import AnswerFact
from llmlint.tasks.hints import says_something, typed
from tests.judge.sites import site

SPAM = "Classify whether the message is spam. Answer only with yes or no."


def simple(text: str, **changes: Any) -> bool | None:
    return typed(site(prompt={"text": text, **changes.pop("prompt", {})}, **changes)).task.simple


def test_a_plain_question_stays_simple() -> None:
    assert simple(f"{SPAM}\n\n{{user}}") is True


@pytest.mark.parametrize(("text", "changes"), [
    pytest.param(f"{SPAM}\n\n{{prompt}}", {}, id="a prompt flows in"),
    pytest.param(f"{SPAM}\n\n{{self.extra_instructions}}", {}, id="instructions flow in"),
    pytest.param(f"{{system}}\n\n{SPAM}", {}, id="an unknown system prompt"),
    pytest.param(f"{SPAM}\n\n{{chat_history}}", {}, id="a conversation flows in"),
    pytest.param(f"{SPAM}\n{{report_a}}\n{{report_b}}", {}, id="a comparison"),
    pytest.param(
        f"{SPAM}\n\n{{user}}", {"output_cap": {"state": "set", "value": 1}, "prompt": {"cached": True}}, id="warming up"
    ),
    pytest.param("Respond only with JSON that follows the schema, nothing else. {user}", {}, id="only the form"),
])  # fmt: skip
def test_doubts(text: str, changes: dict[str, Any]) -> None:
    assert simple(text, **changes) is not True


def test_labels_that_the_answer_is_compared_with_are_evidence() -> None:
    task = typed(site(prompt={"text": "Look at this message: {text}"}, answer=AnswerFact(labels=("spam", "ham")))).task
    assert task.type == "classification"
    assert task.evidence[0] == "the answer is compared with: spam, ham"


def test_a_long_summary_is_not_simple() -> None:
    text = "Summarize the following article in three sentences.\n\n{user}"
    assert simple(text) is True
    assert simple(text, output_cap={"state": "set", "value": 10_000}) is None


@pytest.mark.parametrize(("text", "says"), [
    ("{user}", False), ("{system}\n{messages}", False), ("hi {name}", False), ("", False),
    ("Say hello to {name} in French", True), ("将以下文本翻译成英语 {user}", True),
])  # fmt: skip
def test_values_alone_set_no_task(text: str, says: bool) -> None:
    assert says_something(text) is says
    if not says:
        assert typed(site(prompt={"text": text})).task.type == "unknown"


@pytest.mark.parametrize(("where", "left"), [
    ({}, True), ({"path": "app/judge.py"}, None), ({"function": "evaluate_round"}, None), ({"function": "send"}, True),
])  # fmt: skip
def test_what_the_code_is_called_may_speak_against_it(where: dict[str, Any], left: bool | None) -> None:
    assert simple("Rewrite the following text so that it is more formal:\n\n{user}", **where) is left


def test_a_yes_or_no_is_simple_whatever_the_code_is_called() -> None:
    assert simple(f"{SPAM}\n\n{{user}}", function="evaluate_spam") is True

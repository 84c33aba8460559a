"""What a prompt orders first, and of what: the features that a reader would name."""

from __future__ import annotations

import pytest

from llmlint.tasks.reading import by_kind, features_of
from llmlint.tasks.typer import load_model

ORDERS = [
    ("Evaluate the following summary. Then rewrite it.", {"op1 evaluate", "op1 asks judge", "op1 obj summary"}),
    ("You are a judge. Do not answer the question. Rate the reply from 1 to 5.", {"op1 rate", "op1 obj reply"}),
    ("Your task is to carefully translate the text into French.", {"op1 translate", "op1 rewrite>text"}),
    ("You are an agent tasked with summarizing the messages.", {"op1 summarize", "op1 obj messages"}),
    ("Never call tools. Extract names.", {"op1 extract", "op1 obj names"}),
]


@pytest.mark.parametrize(("text", "expected"), ORDERS)
def test_the_first_order_is_found_with_its_object(text: str, expected: set[str]) -> None:
    found = features_of(text, load_model().lexicon)
    assert expected <= found.keys()
    assert len([f for f in found if f.startswith("op1 ") and f.count(" ") == 1 and ">" not in f and ":" not in f]) == 1


@pytest.mark.parametrize("text", ["", "hello there", "Do not translate this.", "The question was answered."])
def test_no_order_no_feature(text: str) -> None:
    assert not [f for f in features_of(text, load_model().lexicon) if f.startswith("op1 ")]


def test_forms_of_a_word_share_pieces() -> None:
    lexicon = load_model().lexicon
    one, other = ({f for f in features_of(text, lexicon) if f.startswith("g ")} for text in ("Summarise:", "a summary"))
    assert one & other == {"g  summ", "g summa", "g ummar"}


def test_a_piece_is_not_taken_for_a_group_of_phrases() -> None:
    pieces = [f for f in features_of("Which tasks are yours?", load_model().lexicon) if f.startswith("g ")]
    assert "g asks " in pieces
    assert by_kind(pieces, pieces) == {"g": pieces}

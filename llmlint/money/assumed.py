"""What a request and its answer usually measure, by kind of task: taken where neither code nor team says anything.

Every number that rests on this table is labelled "assumed" wherever it is shown. Wide on purpose: the middle is a
common size, the ends are what is seldom passed.
"""

from __future__ import annotations

from llmlint.money.amounts import Span, about

# task type → (tokens that flow into the prompt, tokens of the answer)
SIZES: dict[str, tuple[Span, Span]] = {
    "classification": (about(20, 200, 2_000), about(1, 10, 200)),
    "extraction": (about(50, 500, 8_000), about(20, 200, 2_000)),
    "summarization": (about(300, 3_000, 30_000), about(50, 300, 2_000)),
    "rewriting": (about(50, 500, 8_000), about(50, 500, 8_000)),
    "qa": (about(50, 1_500, 20_000), about(50, 300, 2_000)),
    "chat": (about(50, 1_000, 20_000), about(50, 300, 2_000)),
    "code_generation": (about(100, 2_000, 30_000), about(100, 1_000, 8_000)),
    "reasoning": (about(100, 1_000, 10_000), about(200, 1_500, 8_000)),
    "agent": (about(500, 5_000, 50_000), about(50, 500, 4_000)),
    "judge": (about(100, 1_500, 10_000), about(5, 150, 1_000)),
    "embedding": (about(20, 200, 2_000), about(0, 0, 0)),
}
UNKNOWN = (about(20, 500, 20_000), about(10, 300, 4_000))
# tokens of thinking, where the code asks for an effort or a model thinks unasked; they are paid as output
THINKING: dict[str, Span] = {
    "none": about(0, 0, 0), "disabled": about(0, 0, 0), "minimal": about(0, 100, 1_000), "low": about(50, 500, 2_000),
    "medium": about(100, 1_500, 8_000), "high": about(500, 5_000, 20_000), "xhigh": about(1_000, 10_000, 40_000),
    "max": about(1_000, 10_000, 60_000),
}  # fmt: skip
THINKING_UNASKED = about(0, 500, 8_000)


def usual_input(task: str) -> Span:
    """Tokens that a program puts into a prompt of this kind, besides what is written in the code."""
    return SIZES.get(task, UNKNOWN)[0]


def usual_output(task: str) -> Span:
    return SIZES.get(task, UNKNOWN)[1]

"""Transcripts of meetings → a summary that is read in half a minute, and whether there is anything to follow up."""

from __future__ import annotations

import json
from pathlib import Path

import litellm

HERE = Path(__file__).parent
PROMPT = (HERE / "prompts" / "summary.md").read_text(encoding="utf-8")
OPTIONS = {"temperature": 0, "timeout": 60}


def ask(prompt: str, model: str = "anthropic/claude-opus-4-7", **options: object) -> str:
    """One question to one model: the only place that talks to a provider."""
    reply = litellm.completion(model=model, messages=[{"role": "user", "content": prompt}], **options)
    return reply.choices[0].message.content


def summarize(transcript: str) -> str:
    """The summary of one meeting."""
    return ask(PROMPT.format(transcript=transcript), **OPTIONS)


def has_actions(summary: str) -> bool:
    """Did the meeting give anybody something to do?"""
    answer = ask(f"Does this summary name any action item? Answer yes or no.\n\n{summary}", **OPTIONS)
    return answer.strip().lower().startswith("yes")


def summarize_folder(source: Path) -> dict[str, str]:
    """Item → summary, for the meetings of a week."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    return {row["item"]: summarize(row["input"]) for row in rows}


if __name__ == "__main__":
    for item, text in summarize_folder(HERE / "items.jsonl").items():
        print(f"## {item}{' (actions)' if has_actions(text) else ''}\n\n{text}\n")

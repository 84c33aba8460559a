"""Every night: the tickets of the day → the queue that answers each, and whether a person must see it first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import anthropic

HERE = Path(__file__).parent
MODEL = "claude-opus-4-7"
SYSTEM = (HERE / "prompts" / "system.md").read_text(encoding="utf-8")

client = anthropic.Anthropic()


def triage(ticket: str) -> str:
    """The queue for one ticket."""
    reply = client.messages.create(
        model=MODEL,
        max_tokens=16,
        system=SYSTEM,
        messages=[
            {
                "role": "user",
                "content": f"<ticket>\n{ticket}\n</ticket>\n\n"
                "Classify the ticket. Answer with the name of one queue only.",
            }
        ],
    )
    return reply.content[0].text.strip().lower()


def is_urgent(ticket: str) -> bool:
    """Must somebody be woken up?"""
    reply = client.messages.create(
        model=MODEL,
        max_tokens=5,
        messages=[
            {
                "role": "user",
                "content": f"Is this support ticket urgent? Answer yes or no, nothing else.\n\n{ticket}",
            }
        ],
    )
    return reply.content[0].text.strip().lower().startswith("yes")


def tickets(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    for row in tickets(HERE / "items.jsonl"):
        print(row["item"], triage(row["input"]), "urgent" if is_urgent(row["input"]) else "")

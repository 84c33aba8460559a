"""A question in plain words → a SQL query over the shop's warehouse, checked before it may run."""

from __future__ import annotations

import json
from pathlib import Path

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI

HERE = Path(__file__).parent
SCHEMA = (HERE / "prompts" / "schema.md").read_text(encoding="utf-8")

writer = ChatAnthropic(model="claude-sonnet-5", temperature=0, max_tokens=2048)
checker = ChatOpenAI(model="gpt-6-astra", temperature=0)


def write_query(question: str) -> str:
    """The query that answers one question."""
    reply = writer.invoke(
        [SystemMessage(content=SCHEMA), HumanMessage(content=f"Write one SQL query.\n\nQuestion: {question}")]
    )
    return str(reply.content).strip().removeprefix("```sql").removesuffix("```").strip()


def is_read_only(query: str) -> bool:
    """Would the query change anything?"""
    reply = checker.invoke(f"Does this SQL query only read data? Answer with yes or no only.\n\n{query}")
    return str(reply.content).strip().lower().startswith("yes")


def answer(question: str) -> str | None:
    """The query, or None where it must not run."""
    query = write_query(question)
    return query if is_read_only(query) else None


if __name__ == "__main__":
    for line in (HERE / "items.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        print(f"-- {row['input']}\n{answer(row['input'])}\n")

"""The same queries, one at a time for a person who waits: the schema cached, the check made by the database itself."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import anthropic

HERE = Path(__file__).parent
SCHEMA = (HERE / "prompts" / "schema.md").read_text(encoding="utf-8")
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}


def write_query(client: anthropic.Anthropic, question: str) -> str:
    """The query that answers one question; all but the question is read from the provider's cache."""
    reply = client.messages.create(
        model="claude-sonnet-5",
        max_tokens=2048,
        system=[{"type": "text", "text": SCHEMA, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": f"Write one SQL query.\n\nQuestion: {question}"}],
    )
    return reply.content[0].text.strip().removeprefix("```sql").removesuffix("```").strip()


def is_read_only(query: str, warehouse: sqlite3.Connection) -> bool:
    """Would the query change anything? The database knows, for nothing."""
    warehouse.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY)
    try:
        warehouse.execute("EXPLAIN " + query)
    except sqlite3.DatabaseError:
        return False
    return True


if __name__ == "__main__":
    sql = write_query(anthropic.Anthropic(), sys.argv[1])
    print(sql if is_read_only(sql, sqlite3.connect("warehouse.db")) else "-- refused")

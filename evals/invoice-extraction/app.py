"""Text of scanned invoices → the fields that bookkeeping needs, one JSON object an invoice."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from openai import OpenAI

HERE = Path(__file__).parent
INSTRUCTIONS = (HERE / "prompts" / "extract.md").read_text(encoding="utf-8")


class Extractor:
    """Reads invoices with one model."""

    def __init__(self, model: str = "gpt-5.5") -> None:
        self.model = model
        self.client = OpenAI()

    def extract(self, text: str) -> dict[str, object]:
        """The fields of one invoice."""
        completion = self.client.chat.completions.create(
            model=self.model,
            messages=[
                {"role": "system", "content": INSTRUCTIONS},
                {"role": "user", "content": f"Invoice:\n{text}"},
            ],
            response_format={"type": "json_object"},
        )
        fields: dict[str, object] = json.loads(completion.choices[0].message.content or "{}")
        return fields


def extract_all(source: Path, target: Path) -> None:
    """One line of `target` for each line of `source`."""
    extractor = Extractor()
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in lines:
            row = json.loads(line)
            fields = extractor.extract(row["input"])
            out.write(json.dumps({"item": row["item"], **fields}) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=Path, default=HERE / "items.jsonl")
    parser.add_argument("--target", type=Path, default=Path("fields.jsonl"))
    arguments = parser.parse_args()
    extract_all(arguments.source, arguments.target)

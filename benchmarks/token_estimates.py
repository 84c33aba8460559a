"""How far the token estimate is from real tokenizers: `python benchmarks/token_estimates.py`.

Counts the texts of benchmarks/tokens/samples and some files of this repository with o200k_base and cl100k_base (OpenAI;
from the files that litellm brings along, no network) and Anthropic's published tokenizer (of Claude 2), and prints
counted / estimated. The ranges in llmlint/money/tokens.py must hold all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from llmlint.money.tokens import HIGH, LATIN_CHARS, LOW, WIDE_HIGH, WIDE_LOW, local_encoding
from llmlint.sdks.tokens import estimate

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "benchmarks" / "tokens" / "samples"
FILES = (
    "README.md", "docs/policy.md", "llmlint/facts.py", "llmlint/judge/schemas/policy.schema.json",
    "rules/caching/prompt-cache.yaml",
)  # fmt: skip
Counter = Callable[[str], int]


def counters() -> dict[str, Counter]:
    """Those that are on this machine."""
    out: dict[str, Counter] = {}
    for name in ("o200k_base", "cl100k_base"):
        encoding = local_encoding(name)
        if encoding is not None:
            out[name] = lambda text, encoding=encoding: len(encoding.encode(text, disallowed_special=()))
    litellm = find_spec("litellm")
    if litellm is not None and litellm.origin and find_spec("tokenizers") is not None:
        from tokenizers import Tokenizer

        file = Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers" / "anthropic_tokenizer.json"
        if file.is_file():
            claude = Tokenizer.from_file(str(file))
            out["claude-2"] = lambda text: len(claude.encode(text).ids)
    return out


def texts() -> Iterator[tuple[str, str]]:
    for file in sorted(SAMPLES.glob("*.txt")):
        yield file.stem, file.read_text("utf-8")
    for name in FILES:
        yield name, (ROOT / name).read_text("utf-8")


def measured() -> Iterator[tuple[str, bool, dict[str, float]]]:
    """(name, is it Latin script, tokenizer → counted / estimated)."""
    known = counters()
    for name, text in texts():
        guess = estimate(text)
        yield name, len(text) / guess >= LATIN_CHARS, {who: count(text) / guess for who, count in known.items()}


def main() -> int:
    worst = 0
    for name, latin, ratios in measured():
        low, high = (LOW, HIGH) if latin else (WIDE_LOW, WIDE_HIGH)
        outside = [ratio for ratio in ratios.values() if not float(low) <= ratio <= float(high)]
        worst += len(outside)
        told = "  ".join(f"{who} {ratio:5.2f}" for who, ratio in ratios.items())
        print(f"{name:45} {'usual' if latin else 'wide '}  {told}{'  OUTSIDE' if outside else ''}")
    print(f"ranges: usual {LOW}-{HIGH}, wide {WIDE_LOW}-{WIDE_HIGH}; {worst} outside")
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())

"""models.yaml against the prices and retirement dates that genai-prices and litellm ship → what disagrees.

    python benchmarks/catalogue/check_tiers.py [PRICE_MAP.json]

PRICE_MAP.json: litellm's model_prices_and_context_window_backup.json; without it, the installed litellm's. A blended
price is (3 × input + output) / 4, in dollars per million tokens. One line a disagreement; accepted ones say why.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from llmlint.sdks.models import ModelInfo, lookup

MAP = "model_prices_and_context_window_backup.json"
MAKERS = frozenset(["anthropic", "openai", "google", "mistral", "deepseek", "cohere", "x-ai", "moonshotai", "aws"])
BANDS = {"small": (0.0, 2.3), "medium": (2.3, 7.3), "large": (7.3, 17.0), "frontier": (14.0, 1e9)}
ACCEPTED = {
    r"gpt-5(\.[1-4])?(-|$)": "the vendor's large line of its time, priced below today's",
    r"gpt-4(-|$)|o1(-|$)|claude-(3-opus|opus-4(-1)?$)|(text-)?davinci|claude-2": "large; its price is its age",
    r"o3(-|$)|gpt-5\.2|gpt-5-search": "the vendor's large reasoning line",
    r"gemini-.*flash": "the vendor's small line",
    r"mistral-(large|medium)|magistral-medium|devstral": "named by size; newer builds are cheaper",
    r"gpt-3\.5|o\d-mini|gpt-4o-mini|codex-mini|command$": "the vendor's small line of its time",
    r"llama|nova-pro|glm|deepseek-reasoner": "small in most places; one seller or mode is dearer",
    r"text-bison": "sold per character",
    r"gpt-4o|chatgpt-4o|computer-use": "the first build was dearer",
}


def prices(price_map: Path | None) -> Iterator[tuple[str, str, float, float, str | None]]:
    """(source, id, input, output, retirement)"""
    try:
        from genai_prices.data import providers
    except ImportError:
        print("genai-prices is not installed")
        providers = []
    for provider in providers:
        for model in provider.models if provider.id in MAKERS else ():
            latest = model.prices[-1].prices if isinstance(model.prices, list) else model.prices
            cost = [getattr(latest, field, None) for field in ("input_mtok", "output_mtok")]
            cost = [getattr(c, "base", c) for c in cost]
            if None not in cost:
                yield "genai-prices", model.id, float(cost[0]), float(cost[1]), None
    if price_map is None:
        try:
            price_map = next(Path(str(f.locate())) for f in files("litellm") or () if f.name == MAP)
        except (PackageNotFoundError, StopIteration):
            print("litellm is not installed")
            return
    for name, row in json.loads(price_map.read_text("utf-8")).items():
        if row.get("mode") in ("chat", "responses", "completion"):
            cost = [1e6 * float(row.get(f) or 0) for f in ("input_cost_per_token", "output_cost_per_token")]
            yield "litellm", name, cost[0], cost[1], row.get("deprecation_date")


def disagreement(info: ModelInfo, cost_in: float, cost_out: float) -> str | None:
    blended = (3 * cost_in + cost_out) / 4
    if info.tier is None or blended == 0:
        return None
    low, high = BANDS[info.tier]
    if low <= blended <= high:
        return None
    return f"{info.tier}, but {cost_in:g}/{cost_out:g} is {blended:.2f}"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    seen: dict[tuple[str, str], str] = {}
    unknown: list[str] = []
    checked = 0
    for source, name, cost_in, cost_out, retires in prices(path):
        info = lookup(name)
        own = "/" not in name and not name.startswith("ft:")  # gateways and tuned models set prices of their own
        if info is None:
            if own and re.match(r"(claude|gpt|o\d|gemini|mistral|command|deepseek|grok)", name):
                unknown.append(name)
            continue
        if not own:
            continue
        checked += 1
        says = disagreement(info, cost_in, cost_out)
        if says:
            why = next((w for p, w in ACCEPTED.items() if re.match(p, info.id)), None)
            seen[info.id, source] = f"{info.id:32} {source:12} {says}" + (f"  [accepted: {why}]" if why else "  [LOOK]")
        if source == "litellm" and retires and info.provider in ("openai", "anthropic") and retires != info.retires:
            seen[name, "retires"] = f"{name:32} {source:12} retires {retires}, not {info.retires}  [LOOK]"
    for line in sorted(seen.values()):
        print(line)
    print(f"{checked} ids checked, {len(seen)} disagree; not in the table: {', '.join(sorted(set(unknown))) or 'none'}")


if __name__ == "__main__":
    main()

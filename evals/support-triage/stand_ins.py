"""Local programs that sort tickets while no key is set: a keyword matcher, a nearest neighbour, a naive Bayes.

They learn from `examples.jsonl` (and the keywords from the manual), never from the items that they are graded on.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples.jsonl"
KEYWORDS = {
    "security": "stolen fraud phishing stranger suspect manipulated gestohlen pin police nobody copied fake steals",
    "payouts": "payout transfer takings chargeback disputes declined refused tips reserve iban auszahlung virement",
    "hardware": "printer terminal reader scanner charger cable battery drawer screen dock err parcel broken paper",
    "billing": "invoice invoices bill fee subscription vat debit discount plan reminder dunning rechnung facture",
    "account": "password log-in login locked rights owner code user account delete passwort contract",
    "sales": "offer price cost quote demonstration reseller vendor vendors partnership angebot devis open",
    "software": "app report menu button sync tax export how receipt back office update",
}


def keyword_matcher(request: Any) -> str:
    """The queue whose keywords the ticket holds most of; of equals the one named first."""
    words = Counter(re.findall(r"[\w-]+", request.values["input"].casefold()))
    hits = {queue: sum(words[word] for word in known.split()) for queue, known in KEYWORDS.items()}
    best = max(hits, key=lambda queue: hits[queue])
    return best if hits[best] else "software"


def nearest_neighbour(request: Any) -> str:
    """The queue of the example that shares most with the ticket."""
    scores = similarities(request.values["input"])
    return max(scores, key=lambda queue: scores[queue])


def naive_bayes(request: Any) -> str:
    """The most probable queue; the keywords break what is nearly a tie."""
    chances, words = probabilities(request.values["input"]), keyword_matcher(request)
    return max(chances, key=lambda queue: chances[queue] + 0.25 * (queue == words))


def panel(request: Any) -> str:
    """All three together: the probabilities, moved by the likest examples and by the keywords."""
    text = request.values["input"]
    chances, near, words = probabilities(text), similarities(text), keyword_matcher(request)
    votes = {q: chances[q] + near[q] + 0.25 * (q == words) for q in chances}
    return max(votes, key=lambda queue: votes[queue])


def features(text: str) -> list[str]:
    """Words, and the beginnings of words, which most languages here bend at the end."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return [*words, *(f"{word[:5]}~" for word in words if len(word) > 5)]


@cache
def examples() -> tuple[tuple[str, Counter[str]], ...]:
    """(queue, features) of each example."""
    with EXAMPLES.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple((row["queue"], Counter(features(row["input"]))) for row in rows)


@cache
def rarity() -> dict[str, float]:
    """Feature → how much it says: the rarer, the more."""
    spread = Counter(name for _, counts in examples() for name in counts)
    return {name: math.log(len(examples()) / n) for name, n in spread.items()}


def similarities(text: str) -> dict[str, float]:
    """Queue → the cosine of the ticket and the likest example of the queue."""
    weights = rarity()
    ticket = Counter(name for name in features(text) if name in weights)
    best: dict[str, float] = defaultdict(float)
    for queue, counts in examples():
        shared = sum(ticket[name] * counts[name] * weights[name] ** 2 for name in counts)
        lengths = [math.sqrt(sum((n * weights[name]) ** 2 for name, n in c.items())) for c in (ticket, counts)]
        best[queue] = max(best[queue], shared / (lengths[0] * lengths[1]) if all(lengths) else 0.0)
    return best


@cache
def model() -> dict[str, tuple[Counter[str], int]]:
    """Queue → how often each feature stands in its examples, and how many features there are."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for queue, found in examples():
        counts[queue] += found
    return {queue: (found, sum(found.values())) for queue, found in counts.items()}


def probabilities(text: str) -> dict[str, float]:
    """Queue → its probability by a multinomial naive Bayes with add-one-half smoothing."""
    names, size = features(text), len(rarity())
    logs = {
        queue: sum(math.log((counts[name] + 0.5) / (total + 0.5 * size)) for name in names)
        for queue, (counts, total) in model().items()
    }
    top = max(logs.values())
    raw = {queue: math.exp(value - top) for queue, value in logs.items()}
    return {queue: value / sum(raw.values()) for queue, value in raw.items()}

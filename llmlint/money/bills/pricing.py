"""Prices and declared traffic → what a bill asks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llmlint.facts import CallSite
from llmlint.money.bills.bill import Prices
from llmlint.money.bills.records import Cost

HOLE = re.compile(r"\{[^{}\n]{1,80}\}")
CHARS_PER_TOKEN = 4.2


def prices_of(policy_extra: Mapping[str, Any]) -> Prices:
    return Prices(lambda site, traffic_of: Cost(unknown="prices are not known here"), prompt_tokens)


def prompt_tokens(site: CallSite) -> int | None:
    """The constant text of a request, before and behind what varies, estimated. None: it is not known."""
    text = site.prompt.text
    return None if text is None else int(len(HOLE.sub("", text)) / CHARS_PER_TOKEN)

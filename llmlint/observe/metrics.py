"""How the metrics of what models use are called, by who writes them: one table for `usage import` and `observe`.

mission: what a program of one's own counts, as docs/usage.md writes it down; litellm: LiteLLM's proxy; otel: the
histogram of OpenTelemetry's GenAI conventions, as Prometheus takes it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Meaning = Literal["requests", "usd", "input", "output", "cache_read", "cache_write"]
Dimension = Literal["team", "model", "provider", "function", "label"]


@dataclass(frozen=True, slots=True)
class Profile:
    """series: meaning → selector of a counter, so that `sum by (…) (increase(SELECTOR[1d]))` adds it up; what is not
    there nobody counts. labels: dimension → the label's name. prompt_includes_cache: "input" holds what came from the
    cache and what was written into it. newer: series that only newer writers have, of use where they are there.
    callers: the labels by which who asks is told apart; batch: the matcher of what went through a Batch API.
    """

    name: str
    title: str
    series: Mapping[Meaning, str]
    labels: Mapping[Dimension, str] = field(default_factory=dict)
    prompt_includes_cache: bool = True
    newer: Mapping[Meaning, str] = field(default_factory=dict)
    callers: tuple[str, ...] = ()
    batch: str | None = None


def _tokens(kind: str) -> str:
    return f'llm_tokens_total{{type="{kind}"}}'


_OTEL = "gen_ai_client_token_usage"
PROFILES: Mapping[str, Profile] = {
    "mission": Profile(
        "mission", "one's own counters",
        {
            "requests": "llm_requests_total", "usd": "llm_cost_usd_total", "input": _tokens("input"),
            "output": _tokens("output"), "cache_read": _tokens("cache_read"), "cache_write": _tokens("cache_write"),
        },
        {"team": "team", "model": "model", "provider": "provider", "function": "function", "label": "label"},
        prompt_includes_cache=False, callers=("function", "label"), batch='mode="batch"',
    ),
    "litellm": Profile(
        "litellm", "LiteLLM's proxy",
        {
            "requests": "litellm_requests_metric_total", "usd": "litellm_spend_metric_total",
            "input": "litellm_input_tokens_metric_total", "output": "litellm_output_tokens_metric_total",
        },
        {"team": "team_alias", "model": "model"},
        # LiteLLM's own name for what the provider's cache gave; litellm_cached_tokens_metric is its cache of answers
        newer={"cache_read": "litellm_input_cached_tokens_metric_total", "input": "litellm_input_tokens_metric_total"},
        callers=("api_key_alias",),
    ),
    "otel": Profile(
        "otel", "OpenTelemetry's GenAI conventions",
        {
            "requests": f'{_OTEL}_count{{gen_ai_token_type="input"}}',
            "input": f'{_OTEL}_sum{{gen_ai_token_type="input"}}',
            "output": f'{_OTEL}_sum{{gen_ai_token_type="output"}}',
        },
        {"team": "service_namespace", "model": "gen_ai_request_model", "provider": "gen_ai_provider_name"},
        newer={  # the counters that take the histogram's place (semantic-conventions-genai, read 2026-11)
            "cache_read": "gen_ai_client_inference_usage_cache_read_input_tokens_total",
            "input": "gen_ai_client_inference_usage_input_tokens_total",
        },
        callers=("service_name",),
    ),
}  # fmt: skip

"""Configuration files → who watches the bill: alerts, budgets, dashboards, gateways. Each as "path:line what".

Prometheus rules (files, PrometheusRule, Helm templates), Grafana (dashboards, provisioned alerts), Terraform,
CloudFormation, LiteLLM's proxy, images of gateways and tracers. A broken file watches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Literal

from llmlint.light import dataclass
from llmlint.scan.terraform import resources
from llmlint.scan.tree import Node, children, documents, get, items, line_of, mappings, text_of, texts
from llmlint.schedules.records import Read

Kind = Literal["alarm", "metrics", "dashboard", "by_team"]
MAX_FILES = 5_000
MAX_CHARS = 512 * 1024
MAX_FOUND = 50  # of each kind

# the name of a metric or table of what models cost: litellm_spend_metric_total, gen_ai_client_token_usage_sum, …
LLM = r"(?:lite_?llm|llms?|gen_?ai|open_?ai|anthropic|claude|bedrock|gemini|vertex_?ai|langfuse|helicone|gpt)"
METRIC = re.compile(
    rf"(?=.*{LLM})(?!.*(?:latency|seconds|duration|per_token|first_token|remaining_(?:tokens|requests)|throughput))"
    r".*(?:cost|spend|usd|dollar|budget|tokens(?![a-z])|token_(?:usage|count|total|cost))",
    re.IGNORECASE,
)
AZURE = frozenset({"ProcessedPromptTokens", "GeneratedTokens", "TokenTransaction", "ProcessedInferenceTokens"})
BEDROCK = frozenset({"InputTokenCount", "OutputTokenCount"})
SEMANTIC = ("gen_ai.client.token.usage", "gen_ai.usage.")  # OpenTelemetry's names
WORD = re.compile(r"\w+")
HINT = re.compile(r"cost|spend|usd|dollar|budget|token", re.IGNORECASE)  # what every such name holds
MAX_NAME = 200  # characters
TEAM = re.compile(
    r"\b(team(?:_?(?:id|alias|name))?|tenant(?:_?id)?|department|cost_?cent(?:er|re)|project(?:_?(?:id|name))?|product"
    r"|feature|api_key_alias|key_alias|end_user|organi[sz]ation(?:_?id)?)\b", re.IGNORECASE,
)  # fmt: skip
MODEL = re.compile(r"\b(?:model(?:_?(?:id|name|group))?|gen_ai_(?:request|response)_model)\b", re.IGNORECASE)
# a file that has neither one of these words nor a metric of cost is not taken apart
WORTH = re.compile(r"litellm|langfuse|helicone|portkey|_budget|_anomaly|AWS::(?:Budgets|CE|CloudWatch)\b")

BUDGETS = {
    "aws_budgets_budget": "bedrock", "aws_ce_anomaly_monitor": "bedrock", "aws_ce_anomaly_subscription": "bedrock",
    "AWS::Budgets::Budget": "bedrock", "AWS::CE::AnomalySubscription": "bedrock",
    "google_billing_budget": "google", "azurerm_consumption_budget_resource_group": "azure",
    "azurerm_consumption_budget_subscription": "azure", "azurerm_consumption_budget_management_group": "azure",
    "azurerm_cost_anomaly_alert": "azure",
}  # fmt: skip
ALERTS = frozenset({
    "aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm", "google_monitoring_alert_policy", "grafana_rule_group",
    "azurerm_monitor_metric_alert", "datadog_monitor", "newrelic_nrql_alert_condition",
})  # fmt: skip
DASHBOARDS = frozenset({
    "aws_cloudwatch_dashboard", "AWS::CloudWatch::Dashboard", "google_monitoring_dashboard", "grafana_dashboard",
    "datadog_dashboard", "datadog_dashboard_json",
})  # fmt: skip
CHARGES = re.compile(r"\bEstimatedCharges\b")  # of the whole account
LLM_WORD = re.compile(rf"(?<![a-z]){LLM}(?![a-z])", re.IGNORECASE)
COMMENT = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)
GATEWAY = re.compile(r"(?:^|/)(litellm(?:-\w+)?|langfuse(?:-\w+)?|helicone[\w-]*|gateway)(?=[:@]|$)")
TRACERS = frozenset({
    "prometheus", "langfuse", "langfuse_otel", "helicone", "langsmith", "otel", "datadog", "datadog_llm_observability",
    "arize", "arize_phoenix", "lunary", "opik", "braintrust", "mlflow", "logfire", "openmeter", "lago", "athina",
    "s3", "gcs_bucket", "dynamodb", "greenscale", "cloudzero", "vantage", "traceloop", "humanloop", "posthog",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that watches the bill. text: "path:line what"."""

    kind: Kind
    text: str


def watches(paths: Iterable[str], read: Read, clouds: Collection[str]) -> tuple[Watch, ...]:
    """Everything in the files that watches what models cost, at most 50 of a kind.

    clouds: "bedrock", "google", "azure" where the project asks models there: a budget of a cloud says nothing of a bill
    that comes from elsewhere, unless it names models itself.
    """
    out: dict[Watch, None] = {}
    counts: dict[str, int] = {}
    for path in list(paths)[:MAX_FILES]:
        reader = reader_of(path)
        text = read(path) if reader else None
        if reader is None or text is None or len(text) > MAX_CHARS or not (WORTH.search(text) or names_cost(text)):
            continue
        for watch in reader(path, text, clouds):
            if watch not in out and counts.get(watch.kind, 0) < MAX_FOUND:
                counts[watch.kind] = counts.get(watch.kind, 0) + 1
                out[watch] = None
    return tuple(out)


def reader_of(path: str) -> Callable[[str, str, Collection[str]], Iterator[Watch]] | None:
    """How a file is read; None: it watches nothing."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".tf":
        return of_terraform
    if suffix in (".yml", ".yaml", ".rules"):
        return of_yaml
    return of_dashboard if suffix == ".json" else None


def names_cost(text: str) -> bool:
    """Does a query, or a whole file, name a metric of what models cost? Each word is looked at once."""
    distinct = {word for word in set(WORD.findall(text)) if len(word) <= MAX_NAME}
    words = {word for word in distinct if HINT.search(word)}
    if AZURE & words or (BEDROCK & words and "Bedrock" in text):
        return True
    return any(name in text for name in SEMANTIC) or any(METRIC.match(word) for word in words)


def shown(path: str, line: int, what: str) -> str:
    return f"{path}:{line} {' '.join(what.split())[:120]}"


# Terraform ------------------------------------------------------------------------------------------------------------


def of_terraform(path: str, text: str, clouds: Collection[str]) -> Iterator[Watch]:
    for found in resources(text):
        yield from of_resource(path, found.line, found.kind, found.name, COMMENT.sub("", found.body), clouds)


def of_resource(path: str, line: int, kind: str, name: str, body: str, clouds: Collection[str]) -> Iterator[Watch]:
    """A resource of Terraform or CloudFormation. body: its text."""
    what = shown(path, line, f"{kind} `{name}`")
    if kind in BUDGETS:
        if BUDGETS[kind] in clouds or LLM_WORD.search(body):
            yield Watch("alarm", what)
    elif kind in ALERTS:
        if names_cost(body) or (CHARGES.search(body) and "bedrock" in clouds):
            yield Watch("alarm", what)
    elif kind in DASHBOARDS and names_cost(body):
        yield Watch("dashboard", what)
        if TEAM.search(body) and MODEL.search(body):
            yield Watch("by_team", what)


# YAML -----------------------------------------------------------------------------------------------------------------


def of_yaml(path: str, text: str, clouds: Collection[str]) -> Iterator[Watch]:
    for root in documents(text):
        if get(root, "Resources") is not None:
            yield from of_cloudformation(path, root, clouds)
        elif any(get(root, key) is not None for key in ("model_list", "litellm_settings")):
            yield from of_proxy(path, root)
        else:
            yield from of_mappings(path, root)


def of_cloudformation(path: str, root: Node, clouds: Collection[str]) -> Iterator[Watch]:
    for name, resource, line in items(get(root, "Resources")):
        kind = text_of(get(resource, "Type"))
        if kind in BUDGETS or kind in ALERTS or kind in DASHBOARDS:
            yield from of_resource(path, line, kind, name, " ".join(scalars(resource)), clouds)


def of_mappings(path: str, root: Node) -> Iterator[Watch]:
    """Alert rules, dashboards in config maps, images of gateways, a proxy's settings in Helm values."""
    for mapping in mappings(root):
        alert, expr, image = get(mapping, "alert"), get(mapping, "expr"), get(mapping, "image")
        if alert is not None and expr is not None and names_cost(text_of(expr)):
            yield Watch("alarm", shown(path, line_of(alert), f"Prometheus alert `{text_of(alert)}`"))
        elif get(mapping, "condition") is not None and get(mapping, "data") is not None:
            title = get(mapping, "title")
            if title is not None and names_cost(" ".join(scalars(get(mapping, "data")))):
                yield Watch("alarm", shown(path, line_of(title), f"Grafana alert `{text_of(title)}`"))
        elif get(mapping, "litellm_settings") is not None:
            yield from of_proxy(path, mapping)
        elif image is not None:
            gateway = GATEWAY.search(text_of(image) or text_of(get(image, "repository")))
            if gateway is not None and (gateway[1] != "gateway" or "portkey" in text_of(image)):
                yield Watch("metrics", shown(path, line_of(image), f"image `{text_of(image) or gateway[1]}`"))
        for key, value, line in items(mapping) if get(mapping, "data") is None else ():
            if key.endswith(".json") and '"panels"' in text_of(value):
                for watch in of_dashboard(path, text_of(value), ()):
                    yield Watch(watch.kind, shown(path, line, watch.text.partition(" ")[2]))


def of_proxy(path: str, root: Node) -> Iterator[Watch]:
    """LiteLLM's proxy: what it may spend, whom it tells, what it records."""
    settings, general = get(root, "litellm_settings"), get(root, "general_settings")
    alerting = get(general, "alerting") if general is not None else None
    if texts(alerting) and alerting is not None:
        yield Watch("alarm", shown(path, line_of(alerting), f"LiteLLM alerting ({', '.join(texts(alerting))})"))
    for mapping in mappings(root):
        for key, value, line in items(mapping):
            if key in ("max_budget", "soft_budget") and text_of(value) not in ("", "null", "~"):
                yield Watch("alarm", shown(path, line, f"LiteLLM {key}: {text_of(value)}"))
    for key, value, line in items(settings) if settings is not None else ():
        if key in ("callbacks", "success_callback"):
            named = [name for name in texts(value) if name.lower() in TRACERS]
            if named:
                yield Watch("metrics", shown(path, line, f"LiteLLM {key}: {', '.join(named)}"))
    database = get(general, "database_url") if general is not None else None
    if database is not None:
        yield Watch("metrics", shown(path, line_of(database), "LiteLLM keeps spend by key, team and model"))
        yield Watch("by_team", shown(path, line_of(database), "LiteLLM keeps spend by key, team and model"))


# Grafana --------------------------------------------------------------------------------------------------------------


def of_dashboard(path: str, text: str, clouds: Collection[str]) -> Iterator[Watch]:
    """A dashboard as Grafana exports it, and CloudFormation in JSON."""
    if '"AWS::' in text:
        for root in documents(text):
            yield from of_cloudformation(path, root, clouds)
    if '"panels"' not in text or not names_cost(text):
        return
    for root in documents(text):
        queries = [(line, panel, query) for line, panel, query in panel_queries(root) if names_cost(query)]
        by_model = any(MODEL.search(query) for _, _, query in queries)
        for line, panel, query in queries:
            yield Watch("dashboard", shown(path, line, f"Grafana panel `{panel}`"))
            if by_model and TEAM.search(query):
                yield Watch("by_team", shown(path, line, f"Grafana panel `{panel}`"))


def panel_queries(root: Node) -> Iterator[tuple[int, str, str]]:
    """(line, title of the panel, query) of every panel's targets, nested rows too."""
    for mapping in mappings(root):
        title = text_of(get(mapping, "title")) or "without a title"
        for target in children(get(mapping, "targets")):
            query = " ".join(text_of(get(target, key)) for key in ("expr", "rawSql", "query", "legendFormat"))
            yield line_of(target), title, query


def scalars(node: Node | None) -> Iterator[str]:
    """Every text at or below a node, each node once."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        yield str(node.value)
    for mapping in mappings(node) if node is not None else ():
        for _, value, _ in items(mapping):
            yield from texts(value)

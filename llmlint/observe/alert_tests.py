"""The alerts that were written → their unit tests for `promtool test rules`: each fires when it should, only then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from llmlint.observe.alerts import AMOUNT, MILLION, SHARE, Limits, ModelPrice, Rule, alerts, plain, rule_file
from llmlint.observe.metrics import Meaning
from llmlint.observe.queries import PRICED_BY, TOKENS, Queries, quoted

STEP = 30  # minutes between samples
DAY = 24 * 60 // STEP  # samples
HOUR = 60 // STEP
WEEK = 7 * DAY
OTHER = "a-model-that-is-not-dear"
UNPRICED = "a-model-without-a-price"
Series = list[dict[str, str]]
Segment = tuple[Decimal, int]  # what is added at each sample, how many samples


@dataclass(frozen=True, slots=True)
class Cases:
    """What the tests are about; each method gives the tests of one alert."""

    queries: Queries
    limits: Limits
    prices: Mapping[str, ModelPrice]

    def all(self) -> list[dict[str, Any]]:
        out = []
        for rule in alerts(self.queries, self.limits):
            out += self.of(rule)
        return [test for test in out if test]

    def of(self, rule: Rule) -> list[dict[str, Any]]:
        made = {
            "LlmSpendOfTheDay": self.day,
            "LlmSpendOfTheTeam": self.team,
            "LlmSpendRises": self.rise,
            "LlmCacheHitRateLow": self.cache,
            "LlmDearModels": self.dear,
            "LlmBatchShareLow": self.batch,
            "LlmModelWithoutPrice": self.without_price,
            "LlmSpendNotCounted": self.not_counted,
        }
        return made[rule["alert"]](rule)

    # one alert each ---------------------------------------------------------------------------------------------------

    def day(self, rule: Rule) -> list[dict[str, Any]]:
        usd = self.limits.daily_usd
        return [
            self.test(rule, "26h", self.spent(usd * share, 26 * HOUR), fires, usd * share)
            for share, fires in ((Decimal("1.5"), {}), (Decimal("0.5"), None))
        ]

    def team(self, rule: Rule) -> list[dict[str, Any]]:
        usd = Decimal(rule["expr"].rpartition("> ")[2])
        name = rule["labels"]["limit"] if rule["labels"]["limit"] in self.limits.teams else "another team"
        return [
            self.test(rule, "26h", self.spent(usd * share, 26 * HOUR, name), fires, usd * share)
            for share, fires in ((Decimal("1.5"), {self.queries.team: name}), (Decimal("0.5"), None))
        ]

    def rise(self, rule: Rule) -> list[dict[str, Any]]:
        hour = Decimal(rule["expr"].rpartition("> ")[2])
        usual = max(hour, Decimal("0.01")) / 2
        leap = (usual * 4 * max(self.limits.rise or 1, Decimal(1))).to_integral_value(ROUND_CEILING)
        return [
            self.test(
                rule,
                f"{7 * 24 + 2}h",
                self.counted("usd", [(usual / HOUR, WEEK), (then / HOUR, 2 * HOUR)], "one team"),
                fires,
                leap,
            )
            for then, fires in ((leap, {self.queries.team: "one team"}), (usual, None))
        ]

    def cache(self, rule: Rule) -> list[dict[str, Any]]:
        target = self.limits.cache_target or Decimal(0)
        return [
            self.test(rule, "32h", self.read(share), fires, share)
            for share, fires in ((target / 4, {}), (min(target * Decimal("1.5"), Decimal(1)), None))
        ]

    def dear(self, rule: Rule) -> list[dict[str, Any]]:
        dear = next((model for model in self.limits.dear if not self.queries.priced or model in self.prices), None)
        cheap = OTHER if not self.queries.priced else next((m for m in self.prices if m not in self.limits.dear), None)
        if dear is None or cheap is None:
            return []
        granted = self.limits.dear_share
        out = []
        for share, fires in (((1 + granted) / 2, {}), (granted / 2, None)):
            steps = 32 * HOUR
            series = [*self.spent(100 * share, steps, model=dear), *self.spent(100 * (1 - share), steps, model=cheap)]
            out.append(self.test(rule, "32h", series, fires, share))
        return out

    def batch(self, rule: Rule) -> list[dict[str, Any]]:
        target = self.limits.batch_target or Decimal(0)
        out = []
        for share, fires in ((target / 4, {}), (min(target * 2, Decimal(1)), None)):
            many = Decimal(self.limits.floor_requests) * 2
            steps = 50 * HOUR
            series = self.counted("requests", [(many * (1 - share) / DAY, steps)], "one team")
            series += self.counted(
                "requests", [(many * share / DAY, steps)], "one team", more=self.queries.profile.batch
            )
            out.append(self.test(rule, "50h", series, fires, share))
        return out

    def without_price(self, rule: Rule) -> list[dict[str, Any]]:
        name, kind = PRICED_BY
        steps, tokens = 26 * HOUR, Decimal(960_000)
        series = [one(TOKENS, {self.queries.team: "one team", name: UNPRICED, kind: "output"}, [(tokens / DAY, steps)])]
        quiet = self.spent(Decimal(1), steps)
        loud = self.test(rule, "26h", series, {self.queries.model: UNPRICED}, tokens)
        return [loud, self.test(rule, "26h", quiet, None, tokens)]

    def not_counted(self, rule: Rule) -> list[dict[str, Any]]:
        counted = self.spent(Decimal(1), 2 * HOUR)
        return [self.test(rule, "2h", [], {}, Decimal(1)), self.test(rule, "2h", counted, None, Decimal(1))]

    # series -----------------------------------------------------------------------------------------------------------

    def spent(self, usd_a_day: Decimal, steps: int, team: str = "one team", model: str | None = None) -> Series:
        return self.counted("usd", [(usd_a_day / DAY, steps)], team, model)

    def counted(
        self, what: Meaning, segments: Sequence[Segment], team: str, model: str | None = None, more: str | None = None
    ) -> Series:
        """Counters that grow as the segments say; dollars as tokens of the answer where nobody counts dollars."""
        labels = {self.queries.team: team, self.queries.model: model or next(iter(self.prices), "a-model")}
        if what == "usd" and self.queries.priced:
            price = self.prices[labels[self.queries.model]]
            rate = price.output_usd_per_mtok or price.input_usd_per_mtok
            kind = "output" if price.output_usd_per_mtok else "input"
            segments = [(add * MILLION / rate, steps) for add, steps in segments]
            return [one(TOKENS, {**labels, PRICED_BY[1]: kind}, segments)]
        return [one(self.queries.profile.series[what], labels, segments, more)]

    def read(self, share: Decimal) -> Series:
        """Prompts of which a share comes from the cache."""
        series = {**self.queries.profile.series, **self.queries.profile.newer}
        labels = {self.queries.team: "one team", self.queries.model: next(iter(self.prices), "a-model")}
        tokens, steps = Decimal(self.limits.floor_tokens) * 10, 32 * HOUR
        rest = tokens if self.queries.profile.prompt_includes_cache else tokens * (1 - share)
        selectors = {series["cache_read"]: tokens * share, series["input"]: rest}
        selectors[self.queries.profile.series["input"]] = rest
        return [one(selector, labels, [(amount / DAY, steps)]) for selector, amount in selectors.items()]

    def test(
        self, rule: Rule, at: str, series: Series, fires: Mapping[str, str] | None, value: Decimal
    ) -> dict[str, Any]:
        """fires: the labels that the alert has besides those of the rule; None: it stays quiet."""
        expected = []
        if fires is not None:
            expected = [
                {
                    "exp_labels": {**rule["labels"], **fires},
                    "exp_annotations": {key: filled(text, fires, value) for key, text in rule["annotations"].items()},
                }
            ]
        name = f"{rule['alert']} {'fires' if expected else 'stays quiet'}"
        asked = {"eval_time": at, "alertname": rule["alert"], "exp_alerts": expected}
        return {"name": name, "interval": f"{STEP}m", "input_series": series, "alert_rule_test": [asked]}


def unit_tests(queries: Queries, limits: Limits, prices: Sequence[ModelPrice], rules: str) -> dict[str, Any]:
    """The document of a test file. rules: the name of the rule file, beside it."""
    tests = Cases(queries, limits, {price.model: price for price in prices})
    order = [group["name"] for group in rule_file(queries, limits, prices)["groups"]]
    head = {"rule_files": [rules], "evaluation_interval": f"{STEP}m", "group_eval_order": order}
    return {**head, "tests": tests.all()}


def one(
    selector: str, labels: Mapping[str, str], segments: Sequence[Segment], more: str | None = None
) -> dict[str, str]:
    """A series: the name and matchers of a selector, further labels, and the samples of a counter."""
    name, _, rest = selector.partition("{")
    parts = [part for part in (rest.rstrip("}"), more) if part]
    parts += [f"{key}={quoted(text)}" for key, text in labels.items()]
    return {"series": f"{name}{{{', '.join(parts)}}}", "values": samples(segments)}


def samples(segments: Sequence[Segment]) -> str:
    """`0+5x96 490+10x8`: from 0 on, what each segment adds at each of its steps."""
    out, last = [], Decimal(0)
    for i, (add, steps) in enumerate(segments):
        add = Decimal(f"{add:.6f}")
        start, count = (last, steps) if i == 0 else (last + add, steps - 1)
        out.append(f"{plain(start)}+{plain(add)}x{count}")
        last = start + add * count
    return " ".join(out)


def filled(text: str, labels: Mapping[str, str], value: Decimal) -> str:
    """An annotation as Prometheus fills it in."""
    for name, word in labels.items():
        text = text.replace(f"{{{{ $labels.{name} }}}}", word)
    text = text.replace(AMOUNT, f"{float(value):.0f}")
    return text.replace(SHARE, f"{float(value) * 100:.4g}%")

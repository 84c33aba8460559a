"""The policy's exemptions + findings → which findings they cover, and which exemptions are over or idle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

from llmlint.judge.finding import Finding, Suppressed
from llmlint.judge.policy import Policy
from llmlint.light import dataclass
from llmlint.scan.patterns import matches

EXPIRED: Final = "exemption-expired"
UNUSED: Final = "exemption-unused"


@dataclass(frozen=True, slots=True)
class Exemption:
    """Findings of a rule that are accepted up to and including the day `until`. where: "llmlint.yaml:12"."""

    rule: str
    path: tuple[str, ...]
    reason: str
    owner: str
    until: str
    where: str
    function: str = ""

    def covers(self, finding: Finding, path: str) -> bool:
        """path: the finding's, from the folder of the policy. A function is meant by its name or its qualified name."""
        if finding.rule != self.rule:
            return False
        if self.function and self.function not in (finding.function, finding.function.rpartition(".")[2]):
            return False
        return matches(self.path, path)

    def record(self) -> dict[str, Any]:
        """As the built-in rules about exemptions see it."""
        return {
            "rule": self.rule, "path": ", ".join(self.path), "function": self.function, "reason": self.reason,
            "owner": self.owner, "until": self.until,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """An exemption that is over or idle. kind: the built-in rule that says so; covered: what it would cover."""

    kind: Literal["exemption-expired", "exemption-unused"]
    exemption: Exemption
    covered: int = 0


def exemptions(policy: Policy) -> tuple[Exemption, ...]:
    """Those of the policy and all that it extends."""
    rows: Sequence[Mapping[str, Any]] = policy.extra.get("exemptions") or ()
    return tuple(
        Exemption(
            row["rule"], (row["path"],) if isinstance(row["path"], str) else tuple(row["path"]), row["reason"],
            row["owner"], row["until"], policy.origin(f"exemptions[{i}]"), row.get("function", ""),
        )
        for i, row in enumerate(rows)
    )  # fmt: skip


def exempt(
    findings: Sequence[Finding], policy: Policy, today: date
) -> tuple[list[Finding], list[Suppressed], dict[Exemption, int]]:
    """(findings that count, those that are exempted, how many each exemption covers, or would if it were not over)."""
    given = exemptions(policy)
    used = dict.fromkeys(given, 0)
    if not given:
        return list(findings), [], used
    kept: list[Finding] = []
    taken: list[Suppressed] = []
    for finding in findings:
        covering = [e for e in given if e.covers(finding, policy.prefix + finding.path)]
        for exemption in covering:
            used[exemption] += 1
        valid = next((e for e in covering if not _over(e, today)), None)
        if valid is None:
            kept.append(finding)
        else:
            taken.append(Suppressed(finding, "exemption", None, valid.reason, valid.where, valid.owner, valid.until))
    return kept, taken, used


def faults(
    used: Mapping[Exemption, int], today: date, judged: Collection[str], whole: bool, unread: Sequence[str]
) -> Iterator[Fault]:
    """judged: the rules that were on. whole: every file that an exemption can speak of was looked at, but `unread`.

    An exemption that is over is told always: nobody can say that it still holds. A part of the files tells of no
    exemption that it is idle.
    """
    for exemption, covered in used.items():
        if _over(exemption, today):
            yield Fault(EXPIRED, exemption, covered)
        elif covered or not whole or exemption.rule not in judged:
            continue
        elif not any(matches(exemption.path, path) for path in unread):
            yield Fault(UNUSED, exemption)


def _over(exemption: Exemption, today: date) -> bool:
    return today > date.fromisoformat(exemption.until)

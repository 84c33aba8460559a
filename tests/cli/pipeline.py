"""A pipeline of which the commands under test see only its ends: facts and findings that a test lays down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmlint.cli import main
from llmlint.facts import CallSite, Facts, FileError, ScanStats
from llmlint.judge.finding import Finding, Suppressed, Verdict
from llmlint.judge.policy import Policy
from llmlint.judge.rules import Rule
from llmlint.scan.options import ScanOptions
from tests.report.samples import rule


@dataclass
class Pipeline:
    """What the commands get, and in `seen` what they asked for."""

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    errors: tuple[FileError, ...] = ()
    call_sites: tuple[CallSite, ...] = ()
    stats: ScanStats = field(default_factory=lambda: ScanStats(files=3, call_sites=2, seconds=0.2))
    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = (rule(), rule(name="model-tier", code="LLM201", default_off=True))
    seen: dict[str, Any] = field(default_factory=dict)

    def load_policy(self, root: Path, file: Path | None = None) -> Policy:
        self.seen["policy_file"] = file
        return self.policy

    def collect_facts(
        self, paths: Sequence[Path], options: ScanOptions, progress: Any = None, *, root: Path | None = None
    ) -> Facts:
        self.seen |= {"paths": paths, "options": options, "root": root}
        return Facts(str(root), self.call_sites, self.errors, self.stats)

    def load_rules(self, folders: Sequence[Path] = ()) -> tuple[Rule, ...]:
        return self.rules

    def judge(self, facts: Facts, policy: Policy, rules: Sequence[Rule], *rest: Any, **more: Any) -> Verdict:
        self.seen |= {"policy": policy, "rules": rules}
        return Verdict(facts.root, self.findings, self.suppressed, facts.errors, facts.stats)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
        monkeypatch.setattr("llmlint.judge.policy.load_policy", self.load_policy)
        monkeypatch.setattr("llmlint.tasks.collect.collect_facts", self.collect_facts)
        monkeypatch.setattr("llmlint.judge.rules.load_rules", self.load_rules)
        monkeypatch.setattr("llmlint.judge.judge.judge", self.judge)
        return self


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))

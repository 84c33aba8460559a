"""Suppression comments: what they take back, what they cannot, and what is said of those that are at fault."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from llmlint.facts import CallSite
from llmlint.judge.finding import Verdict
from llmlint.judge.judge import judge
from llmlint.judge.policy import PathOverride, Policy, RuleSetting, Suppressions
from llmlint.judge.rules import load_rules
from llmlint.judge.suppress import Sources
from llmlint.scan.source import Source
from tests.judge.sites import facts, site

RULES = load_rules()


def calls_in(text: str, first: int = 1, cell: int | None = None) -> list[CallSite]:
    """An uncapped call site for every `ask(…)` in the text."""
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "ask"]
    return [
        site(line=n.lineno, end_line=n.end_lineno, column=n.col_offset + 1, cell=cell)
        for n in sorted(found, key=lambda n: n.lineno)
    ]


def verdict_of(text: str, policy: Policy | None = None) -> Verdict:
    source = Source("app.py", text, ast.parse(text))
    sources = Sources(lambda path: source if path == "app.py" else None, ["app.py"] if "llmlint:" in text else [])
    return judge(facts(*calls_in(text)), policy or Policy(), RULES, sources)


def told(verdict: Verdict) -> list[tuple[str, int]]:
    return [(f.rule, f.line) for f in verdict.findings]


TAKEN_BACK = [
    "ask()  # llmlint: ignore[output-cap] short",
    "ask()  # llmlint: ignore[LLM101] short",
    "ask()  # llmlint: ignore[llm101] short",
    "ask()  # llmlint: ignore[ output-cap ]",
    "ask()  #llmlint:ignore[output-cap]",
    "ask()  # noqa: E501  # llmlint: ignore[output-cap] short",
    "ask()  # llmlint: ignore[output-cap] short  # noqa",
    "ask()  # llmlint: ignore",
    "ask()  # llmlint: ignore - short",
    "# llmlint: ignore[output-cap] short\nask()",
    "# llmlint: ignore[output-cap] short,\n# as the reader knows\nask()",
    "if 1:\n    # llmlint: ignore[output-cap] short\n    ask()",
    "ask(  # llmlint: ignore[output-cap]\n    1,\n)",
    "ask(\n    1,  # llmlint: ignore[output-cap]\n)",
    "ask(\n    # llmlint: ignore[output-cap]\n    1,\n)",
    "ask(\n    1,\n)  # llmlint: ignore[output-cap]",
    "# llmlint: ignore[output-cap]\nask(ask())",
    "# llmlint: ignore-file[output-cap] examples\nask()\nask()",
    "ask()\nask()\n# llmlint: ignore-file[output-cap]",
    "# llmlint: ignore-file\nask()",
]


@pytest.mark.parametrize("text", TAKEN_BACK)
def test_taken_back(text: str) -> None:
    verdict = verdict_of(text)
    assert told(verdict) == []
    assert {s.finding.rule for s in verdict.suppressed} == {"output-cap"}
    assert all(s.finding.fingerprint for s in verdict.suppressed)


STAYS = [
    ("ask()  # a remark", []),
    ("ask('# llmlint: ignore[output-cap]')", []),
    ("ask('''\n# llmlint: ignore[output-cap]\n''')", []),
    ("x = 1  # llmlint: ignore[output-cap]\nask()", [("suppression-unused", 1)]),
    ("# llmlint: ignore[output-cap]\n\nask()", [("suppression-unused", 1)]),
    ("# llmlint: ignore[output-cap]\nx = 1\nask()", [("suppression-unused", 1)]),
    ("ask()\n# llmlint: ignore[output-cap]", [("suppression-unused", 2)]),
    ("ask()  # llmlint: ignore[model-tier]", [("suppression-unused", 1)]),
    ("ask()  # llmlint: ignore[output-cup]", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: ignore[]", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: ignore[output-cap", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: ignor[output-cap]", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: disable=output-cap", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: skip", [("suppression-invalid", 1)]),
    ("ask()  # llmlint: see the handbook", []),
    ("ask()  # see llmlint: ignore[output-cap] is not for you", []),
]


@pytest.mark.parametrize(("text", "faults"), STAYS)
def test_stays(text: str, faults: list[tuple[str, int]]) -> None:
    verdict = verdict_of(text)
    assert sorted(r for r in told(verdict) if r[0] != "output-cap") == faults
    assert "output-cap" in [rule for rule, _ in told(verdict)]
    assert verdict.suppressed == ()


@pytest.mark.parametrize(("text", "kind", "line", "reason"), [
    ("ask()  # llmlint: ignore[output-cap] short by nature", "inline", 1, "short by nature"),
    ("ask()  # llmlint: ignore[output-cap]: short", "inline", 1, "short"),
    ("ask()  # llmlint: ignore[output-cap] -- short  # noqa", "inline", 1, "short"),
    ("ask()  # llmlint: ignore[output-cap]", "inline", 1, None),
    ("x = 1\n# llmlint: ignore-file[output-cap] examples\nask()", "file", 2, "examples"),
    ("# llmlint: ignore-file examples\nask()  # llmlint: ignore[output-cap] short", "inline", 2, "short"),
])  # fmt: skip
def test_who_took_it_back_and_why(text: str, kind: str, line: int, reason: str | None) -> None:
    (taken,) = verdict_of(text).suppressed
    assert (taken.kind, taken.line, taken.reason) == (kind, line, reason)


@pytest.mark.parametrize(("text", "message", "remedy"), [
    ("1  # llmlint: ignore[output-cap, LLM401]", "`output-cap` and `batch` find nothing here", "remove the comment"),
    ("ask()  # llmlint: ignore[output-cap, batch]", "`batch` finds nothing here", "remove `batch` from the brackets"),
    ("x = 1  # llmlint: ignore", "`# llmlint: ignore`: nothing is found here", "remove the comment"),
    ("ask()  # llmlint: ignore[outputcap]", "there is no rule `outputcap`", "did you mean `output-cap`?"),
    ("ask()  # llmlint: ignore[LLM11]", "there is no rule `LLM11`", "did you mean `LLM101`?"),
    ("ask()  # llmlint: ignore[zzz]", "there is no rule `zzz`", "`llmlint rules` lists the rules"),
    ("ask()  # llmlint: ignores[output-cap]", "there is no `ignores`", "did you mean `ignore`?"),
    ("ask()  # llmlint: ignorefile[output-cap]", "there is no `ignorefile`", "did you mean `ignore-file`?"),
    ("ask()  # llmlint: ignore[suppression-unused]", "there is no rule `suppression-unused`", "lists the rules"),
])  # fmt: skip
def test_what_is_said_of_a_comment_at_fault(text: str, message: str, remedy: str) -> None:
    (fault,) = [f for f in verdict_of(text).findings if f.code in ("LLM001", "LLM002")]
    assert message in fault.message and remedy in fault.remedy
    assert fault.severity == "warning" and fault.fingerprint


def test_where_a_comment_at_fault_stands() -> None:
    (fault,) = verdict_of("x = 1  # noqa  # llmlint: ignore[output-cap] why not").findings
    assert (fault.line, fault.column) == (1, 16)


@pytest.mark.parametrize("policy", [
    Policy(rules={"output-cap": RuleSetting("off")}),
    Policy(paths=(PathOverride(("app.py",), {"output-cap": RuleSetting("off")}),)),
    Policy(rules={"suppression-unused": RuleSetting("off")}),
])  # fmt: skip
@pytest.mark.parametrize("text", ["x = 1  # llmlint: ignore[output-cap]", "x = 1  # llmlint: ignore"])
def test_idle_only_where_the_rule_was_judged(text: str, policy: Policy) -> None:
    assert verdict_of(text, policy).findings == ()


def test_a_failed_rule_makes_no_comment_idle(tmp_path: Path) -> None:
    broken = "name: broken\ncode: OWN001\nsummary: s\nseverity: info\nremedy: r\nwhy: w\nmessage: m\n"
    broken += "when: call.line / 0\n"
    (tmp_path / "broken.yaml").write_text(broken + "examples: {bad: [{code: x}], good: [{code: x}]}\n")
    text = "ask(max_tokens=1)  # llmlint: ignore[output-cap, broken]"
    source = Source("app.py", text, ast.parse(text))
    sources = Sources(lambda path: source, ["app.py"])
    verdict = judge(facts(*calls_in(text)), Policy(), load_rules([tmp_path]), sources)
    assert verdict.findings == () and len(verdict.errors) == 1


REASON = Policy(suppressions=Suppressions(require_reason=True))
FORBIDDEN = Policy(suppressions=Suppressions(allow=False))


@pytest.mark.parametrize(("policy", "text", "expected"), [
    (REASON, "ask()  # llmlint: ignore[output-cap] short", []),
    (REASON, "ask()  # llmlint: ignore[output-cap]", ["output-cap", "suppression-invalid"]),
    (REASON, "ask()  # llmlint: ignore", ["output-cap", "suppression-invalid"]),
    (REASON, "# llmlint: ignore-file\nask()  # llmlint: ignore[output-cap] short", ["suppression-invalid"]),
    (FORBIDDEN, "ask()  # llmlint: ignore[output-cap] short", ["output-cap", "suppression-invalid"]),
    (FORBIDDEN, "# llmlint: ignore-file\nask()", ["output-cap", "suppression-invalid"]),
    (FORBIDDEN, "x = 1  # llmlint: ignore[output-cap] short", ["suppression-unused"]),
    (FORBIDDEN, "x = 1", []),
])  # fmt: skip
def test_the_policy_on_comments(policy: Policy, text: str, expected: list[str]) -> None:
    verdict = verdict_of(text, policy)
    assert sorted(rule for rule, _ in told(verdict)) == expected
    assert bool(verdict.suppressed) is ("output-cap" not in expected and "ask" in text)


def test_notebook_cells() -> None:
    cells = ["x = 1\n", "ask()  # llmlint: ignore[output-cap] short\n", "# llmlint: ignore[output-cap]\nask()\nask()\n",
             "y = 2  # llmlint: ignore[batch]\n"]  # fmt: skip
    starts, sites = [], []
    text = ""
    for index, cell in enumerate(cells):
        starts.append((index * 2 + 1, text.count("\n") + 1))
        sites += calls_in(cell, cell=index * 2 + 1)
        text += cell
    source = Source("app.py", text, ast.parse(text), tuple(starts))
    verdict = judge(facts(*sites), Policy(), RULES, Sources(lambda path: source, ["app.py"]))
    assert [(f.rule, f.cell, f.line) for f in verdict.findings] == [
        ("output-cap", 5, 3), ("suppression-unused", 7, 1),
    ]  # fmt: skip
    assert [(s.finding.cell, s.line) for s in verdict.suppressed] == [(3, 1), (5, 1)]


def test_only_marked_files_are_read() -> None:
    asked: list[str] = []

    def read(path: str) -> Source | None:
        asked.append(path)
        return None

    sites = (site("a.py"), site("b.py"))
    verdict = judge(facts(*sites), Policy(), RULES, Sources(read, ["b.py", "gone.py"]))
    assert asked == ["b.py", "gone.py"]
    assert [f.path for f in verdict.findings] == ["a.py", "b.py"]


def test_files_on_disk_are_read_where_no_sources_are_given(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("ask()  # llmlint: ignore[output-cap] short\nask()\n", encoding="utf-8")
    seen = facts(site(line=1), site(line=2), site("gone.py"), root=str(tmp_path))
    verdict = judge(replace(seen, annotated=("app.py", "gone.py")), Policy(), RULES)
    assert told(verdict) == [("output-cap", 2), ("output-cap", 1)]
    assert len(verdict.suppressed) == 1

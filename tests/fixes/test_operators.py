"""Tables: a call, a fix operator with its arguments → the call rewritten, or why it is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from llmlint.fixes.apply import fix_source
from tests.fixes.findings import finding_at

CAP: dict[str, Any] = {"keyword": "max_tokens", "value": 1024}
CACHED = '{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}'

FIXED: list[tuple[str, dict[str, Any], str, str]] = [
    ("set-keyword", CAP, "c.create()", "c.create(max_tokens=1024)"),
    ("set-keyword", CAP, "c.create(model=m)", "c.create(model=m, max_tokens=1024)"),
    ("set-keyword", CAP, "c.create(model = m)", "c.create(model = m, max_tokens = 1024)"),
    ("set-keyword", CAP, "c.create(max_tokens=None)", "c.create(max_tokens=1024)"),
    ("set-keyword", CAP, "c.create(max_tokens=9, a=1)", "c.create(max_tokens=1024, a=1)"),
    ("set-keyword", CAP, "c.create(\n    model=m,\n)", "c.create(\n    model=m,\n    max_tokens=1024,\n)"),
    ("set-keyword", CAP, "c.create(\n    model=m\n)", "c.create(\n    model=m,\n    max_tokens=1024\n)"),
    ("set-keyword", CAP, "c.create(m=1,\n         a=1)", "c.create(m=1,\n         a=1,\n         max_tokens=1024)"),
    ("set-keyword", CAP, "c.create(\n    model=m,  # why\n    # last\n)",
     "c.create(\n    model=m,  # why\n    # last\n    max_tokens=1024,\n)"),
    ("set-keyword", CAP, "c.create(\n    # none yet\n)", "c.create(\n    # none yet\n    max_tokens=1024,\n)"),
    ("set-keyword", CAP, "c.create(**{'a': 1})", "c.create(max_tokens=1024, **{'a': 1})"),
    ("set-keyword", CAP, "c.create(a=1, **dict(b=2))", "c.create(a=1, max_tokens=1024, **dict(b=2))"),
    ("set-keyword", CAP | {"despite_splat": True}, "c.create(a=1, **kw)", "c.create(a=1, max_tokens=1024, **kw)"),
    ("set-keyword", {"keyword": "a.b", "value": 5}, "c.create(m=1)", "c.create(m=1, a={\"b\": 5})"),
    ("set-keyword", {"keyword": "a.b", "value": 5}, "c.create(a={'c': 1})", "c.create(a={'c': 1, 'b': 5})"),
    ("set-keyword", {"keyword": "a.b", "value": 5}, "c.create(a={'b': 1})", "c.create(a={'b': 5})"),
    ("set-keyword", {"keyword": "a.b", "value": 5}, "c.create(a=Config(c=1))", "c.create(a=Config(c=1, b=5))"),
    ("replace-value", {"keyword": "model", "value": "small"}, "c.create(model='big')", "c.create(model='small')"),
    ("replace-value", {"keyword": "n", "value": 1}, "c.create(n=5)", "c.create(n=1)"),
    ("remove-keyword", {"keyword": "n"}, "c.create(m=1, n=5)", "c.create(m=1)"),
    ("remove-keyword", {"keyword": "n"}, "c.create(n=5, m=1)", "c.create(m=1)"),
    ("remove-keyword", {"keyword": "n"}, "c.create(\n    n=5,\n    m=1,\n)", "c.create(\n    m=1,\n)"),
    ("set-dict-key", {"parent": "cache_control", "key": "ttl", "value": "1h"},
     'c.create(system=[{"cache_control": {"type": "e"}}])',
     'c.create(system=[{"cache_control": {"type": "e", "ttl": "1h"}}])'),
    ("remove-dict-key", {"key": "cache_control"},
     'c.create(system=[{"text": t, "cache_control": {"type": "e"}}])', 'c.create(system=[{"text": t}])'),
    ("cache-marks", {},
     'c.create(\n    system=[\n        {\n            "text": t,  # long\n            "cache_control": {"type": "e"},\n'
     '        },\n    ],\n)',
     'c.create(\n    system=[\n        {\n            "text": t,  # long\n        },\n    ],\n)'),
    ("cache-marks", {"ttl": ""}, 'c.create(system=[{"cache_control": {"type": "e"}, "text": t}], m=1)',
     'c.create(system=[{"text": t}], m=1)'),
    ("cache-marks", {"ttl": "1h"}, "c.create(system=[{'text': t, 'cache_control': {'type': 'e'}}])",
     "c.create(system=[{'text': t, 'cache_control': {'type': 'e', 'ttl': '1h'}}])"),
    ("cache-system", {}, "create(system=SYS)", "create(system=[" + CACHED.replace("SYSTEM", "SYS") + "])"),
    ("cache-system", {}, "c.create(system=SYSTEM)", f"c.create(system=[\n    {CACHED}\n])"),
    ("cache-system", {}, "c.create(system='one text')",
     "c.create(system=[\n    {'type': 'text', 'text': 'one text', 'cache_control': {'type': 'ephemeral'}}\n])"),
    ("cache-system", {"ttl": "1h"}, "c.create(system=S)",
     'c.create(system=[\n    {"type": "text", "text": S, "cache_control": {"type": "ephemeral", "ttl": "1h"}}\n])'),
    ("cache-system", {}, "c.create(\n    system=PROMPTS.long_system_prompt_for_the_agent,\n)",
     "c.create(\n    system=[\n        {\n            \"type\": \"text\",\n"
     "            \"text\": PROMPTS.long_system_prompt_for_the_agent,\n"
     "            \"cache_control\": {\"type\": \"ephemeral\"},\n        }\n    ],\n)"),
    ("cache-system", {}, "c.create(system='''a\n  b''')",
     "c.create(system=[\n    {\n        \"type\": \"text\",\n        \"text\": '''a\n  b''',\n"
     "        \"cache_control\": {\"type\": \"ephemeral\"},\n    }\n])"),
]  # fmt: skip

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("set-keyword", CAP, "c.create(**kw)", "`**kw` may already carry `max_tokens`"),
    ("set-keyword", CAP, "c.create(**{'max_tokens': n})", "may already carry"),
    ("set-keyword", CAP, "c.create(x for x in y)", "generator"),
    ("set-keyword", CAP, "c.create(max_tokens=(\n    9  # measured\n))", "a comment stands inside"),
    ("set-keyword", CAP, "c.create(max_tokens=1024)", "nothing is left to change"),
    ("set-keyword", {"keyword": "a.b", "value": 5}, "c.create(a=config)", "`a` is `config` here"),
    ("set-keyword", {"keyword": "a b", "value": 5}, "c.create()", "must be a name"),
    ("set-keyword", {"keyword": "a"}, "c.create()", "names no value"),
    ("set-keyword", {"keyword": "a", "value": object()}, "c.create()", "cannot be written"),
    ("replace-value", {"keyword": "model", "value": "s"}, "c.create(model=MODEL)", "change it where that is defined"),
    ("replace-value", {"keyword": "model", "value": "s"}, "c.create()", "not written in this call"),
    ("remove-keyword", {"keyword": "n"}, "c.create(\n    n=5,  # wanted\n    m=1,\n)", "a comment stands beside"),
    ("cache-marks", {}, "c.create(system=SYSTEM)", "nothing is left to change"),
    ("remove-dict-key", {"key": "a"}, "c.create(x={\n    # about a\n    'a': 1,\n})", "a comment stands beside"),
    ("cache-system", {}, "c.create(system=f'{name}')", "only a constant text or a name"),
    ("cache-system", {}, "c.create(system=[{'text': t}])", "a list already"),
    ("no-such-operator", {}, "c.create()", "no fix operator"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "arguments", "before", "after"), FIXED)
def test_fixed(operator: str, arguments: dict[str, Any], before: str, after: str) -> None:
    result = fix_source(before.encode(), [finding_at(before, operator, **arguments)], unsafe=False)
    assert result.source.decode() == after
    assert len(result.applied) == 1 and not result.skipped


@pytest.mark.parametrize(("operator", "arguments", "before", "after"), FIXED)
def test_a_second_run_changes_nothing(operator: str, arguments: dict[str, Any], before: str, after: str) -> None:
    result = fix_source(after.encode(), [finding_at(after, operator, **arguments)], unsafe=False)
    assert result.source.decode() == after


@pytest.mark.parametrize(("operator", "arguments", "source", "reason"), REFUSED)
def test_refused(operator: str, arguments: dict[str, Any], source: str, reason: str) -> None:
    given = source.encode()
    result = fix_source(given, [finding_at(source, operator, **arguments)], unsafe=False)
    assert result.source is given and not result.applied
    assert reason in result.skipped[0].reason

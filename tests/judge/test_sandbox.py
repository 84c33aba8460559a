"""What a rule may compute, what null does, and what a stranger's rule cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from llmlint.judge.helpers import MAX_TEXT
from llmlint.judge.sandbox import BadExpression, Sandbox

SCOPE: dict[str, Any] = {
    "call": {
        "line": 7, "none": None, "yes": True, "names": ("a", "b", "a"), "text": "hello", "share": 0.5,
        "inner": {"kind": "x", "none": None},
    },
    "rows": ({"a": {"b": 1}}, {"a": {"b": 3}}, {"a": None}),
    "table": {"small": ("m1", "m2")},
}  # fmt: skip
SHAPES = {"call": {**dict.fromkeys(SCOPE["call"]), "inner": {"kind": None, "none": None}}, "rows": None, "table": None}
SANDBOX = Sandbox(SHAPES)


def evaluate(source: str) -> Any:
    return SANDBOX.expression(source)(SCOPE)


@pytest.mark.parametrize(("source", "value"), [
    ("call.line * 2 + 1", 15),
    ("call.line in (7, 8) and call.text == 'hello'", True),
    ("call.yes is true and call.none is none", True),
    ("1 < call.line < 10", True),
    ("10 < call.line < 10", False),
    ("call.names | length", 3),
    ("call.names | unique | join(', ')", "a, b"),
    ("call.names[0] ~ call.names[-1] ~ call.line", "aa7"),
    ("call.names[:2] | last", "b"),
    ("call.text | upper | replace('L', 'r')", "HErrO"),
    ("rows | map(attribute='a.b') | max", 3),
    ("rows | map(attribute='a.b') | select('number') | length", 2),
    ("call.names | reject('equalto', 'a') | first", "b"),
    ("('7' | int) + ('1.5' | float) + (-2 | abs)", 10.5),
    ("call.share | round(1)", 0.5),
    ("2 ** 10 // 3 % 100", 41),
    ("'small' if call.line < 5 else 'large'", "large"),
    ("{'x': 'found'}[call.inner.kind]", "found"),
    ("plural(1, 'call') ~ ', ' ~ plural(1200, 'call')", "1 call, 1,200 calls"),
    ("tokens(1270)", "1,270 tokens"),
    ("dollars(1234.5) ~ ' ' ~ dollars(0.01234)", "$1,234.50 $0.012"),
    ("listed(call.names, 1)", "`a` and 2 more"),
    ("listed(call.names)", "`a`, `b` and `a`"),
    ("tier_rank('large') > tier_rank('small')", True),
    ("thinks(('gpt-5-mini',))", True), ("thinks(('openai/o3-mini', 'gpt-4o'))", True), ("thinks(())", True),
    ("thinks(('gpt-4o', 'claude-haiku-4-5'))", False),
    ("lowest_tier({'values': ('x',), 'tier': 'medium'})", "medium"),
])  # fmt: skip
def test_expressions(source: str, value: Any) -> None:
    assert evaluate(source) == value


@pytest.mark.parametrize(("source", "value"), [
    ("call.none < 5", False),
    ("call.none > 5", False),
    ("5 >= call.none", False),
    ("not call.none", True),
    ("call.none == none", True),
    ("call.none != 5", True),
    ("call.none + 1", None),
    ("-call.none", None),
    ("call.none.anything.below", None),
    ("call.none['key']", None),
    ("call.none[:3]", None),
    ("'x' in call.none", False),
    ("'x' not in call.none", True),
    ("call.none | length", 0),
    ("call.none | first", None),
    ("call.none | default('so')", "so"),
    ("call.none | round(2)", None),
    ("table['large'] | first", None),
    ("table[call.none]", None),
    ("tier_rank(call.none) > 0", False),
    ("tokens(call.none)", "an unknown number of tokens"),
    ("listed(call.none)", ""),
])  # fmt: skip
def test_null_is_unknown_and_never_an_error(source: str, value: Any) -> None:
    assert evaluate(source) == value


# each is refused when the rule is read
REFUSED = [
    "''.__class__.__mro__",
    "call.__class__",
    "call._private",
    "call.names.count('a')",
    "call.items()",
    "'%s'.format(call)",
    "cycler.__init__.__globals__",
    "cycler('a')",
    "lipsum(n=10**9)",
    "range(10**9) | list",
    "dict(a=1)",
    "namespace(a=1)",
    "self",
    "loop",
    "joiner",
    "plural",
    "plural(*call.names)",
    "tokens(**call)",
    "call | attr('__class__')",
    "'%999999999d' | format(1)",
    "'a' | center(10 ** 9)",
    "'a' | wordwrap(1)",
    "call | tojson",
    "call | pprint",
    "call.names | groupby('x')",
    "call.names | batch(1)",
    "call.names is callable",
    "call is mapping",
    "9" * 400,
    "1e999",
    "call.line if call.yes",
    "call.line; call.text",
    "call.line }} {% for x in call.names %}{{ x",
    "call.line =",
    "",
    "(" * 1_500 + "1" + ")" * 1_500,
    "[" * 1_500 + "]" * 1_500,
    "not " * 900 + "call.yes",
    "-" * 3_000 + "1",
    "1" + " + 1" * 900,
    "call" + ".none" * 700,
    "call.text" + " | upper" * 400,
    "'" + "a" * 5_000 + "'",
]


@pytest.mark.parametrize("source", REFUSED, ids=lambda s: s[:40])
def test_hostile_expressions_are_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        SANDBOX.expression(source)


# each is read, and fails within bounds
FAILING = [
    "'a' * 10 ** 9",
    "2 ** 10 ** 9",
    "2 ** 64",
    "(-8) ** 0.5",
    "10 ** -400",
    "[[1] * 99999] * 99999",
    "[1] + [2]",
    "call + call",
    "'%99999999d' % 1",
    "1 / 0",
    "1 % 0",
    "1 - 'a'",
    "'a' < 1",
    "1 in 5",
    "call.inner.kind | int",
    "('9' * 9) | int",
    "call.line.bit_length",
    "rows | map(attribute='__class__')",
    "rows | map(attribute='a.__class__')",
    "rows | map('upper')",
    "rows | select('odd')",
    "rows | sort",
    "rows | join",
    "rows ~ ''",
    "call.names[1:2:0]",
    "plural()",
    "lowest_tier(call)",
    "('" + "a" * 3_000 + "')" + " | replace('a', 'aaaa')" * 2,
    "['" + "a" * 2_000 + "', 1, 1, 1, 1, 1, 1] | join('" + "b" * 1_700 + "')",
]


@pytest.mark.parametrize("source", FAILING, ids=lambda s: s[:40])
def test_hostile_expressions_fail_within_bounds(source: str) -> None:
    with pytest.raises(BadExpression):
        evaluate(source)


@pytest.mark.parametrize(("source", "text"), [
    ("`{{ call.text }}` at {{ call.line }}", "`hello` at 7"),
    ("{{ call.none }}, {{ call.yes }}", "unknown, true"),
    ("{% if call.yes %}yes{% else %}no{% endif %}", "yes"),
    ("{% if call.none > 3 %}a{% elif call.line %}b{% endif %}", "b"),
    ("{# a remark #}x", "x"),
])  # fmt: skip
def test_templates(source: str, text: str) -> None:
    assert SANDBOX.template(source)(SCOPE) == text


@pytest.mark.parametrize("source", [
    "{% for a in call.names %}{% for b in call.names %}x{% endfor %}{% endfor %}",
    "{% set x = 1 %}",
    "{% set x %}a{% endset %}",
    "{% macro m() %}{% endmacro %}",
    "{% call tokens(1) %}{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with x = 1 %}{% endwith %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% do call.names.append(1) %}",
    "{% if call.yes %}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ call.__class__ }}",
    "{{ call.modle }}",
    "{{ call.text",
])  # fmt: skip
def test_hostile_templates_are_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        SANDBOX.template(source)


@pytest.mark.parametrize("source", [
    "{{ 'a' * 10 ** 9 }}", "{{ call }}", "{{ rows }}", "{{ call.names }}", "{{ call.inner['x'] / 0 ~ rows }}",
])  # fmt: skip
def test_hostile_templates_fail_within_bounds(source: str) -> None:
    with pytest.raises(BadExpression):
        SANDBOX.template(source)(SCOPE)


def test_the_output_of_a_template_is_bounded() -> None:
    long = {**SCOPE, "call": {**SCOPE["call"], "text": "x" * MAX_TEXT}}
    with pytest.raises(BadExpression, match="longer than"):
        SANDBOX.template("{{ call.text }}{{ call.text }}")(long)


@pytest.mark.parametrize(("source", "message", "mend"), [
    ("call.lien > 1", "`call` has no `lien`", "did you mean `line`?"),
    ("call.inner.knd", "`call.inner` has no `knd`", "did you mean `kind`?"),
    ("cal.line", "there is no `cal` here", "did you mean `call`?"),
    ("call.names | lenght", "there is no filter `lenght` here", "did you mean `length`?"),
    ("call.none is nonee", "there is no test `nonee` here", "did you mean `none`?"),
    ("tokenz(3)", "`tokenz` cannot be called here", "did you mean `tokens`?"),
])  # fmt: skip
def test_a_typo_is_refused_with_the_nearest_name(source: str, message: str, mend: str) -> None:
    with pytest.raises(BadExpression) as caught:
        SANDBOX.expression(source)
    assert (caught.value.message, caught.value.mend) == (message, mend)


def test_a_mistake_names_its_line() -> None:
    with pytest.raises(BadExpression) as caught:
        SANDBOX.expression("call.yes\nand\ncall.lien")
    assert caught.value.line == 3


@pytest.mark.parametrize(("source", "value"), [
    ("{{ call.line }}", 7), ("{{ call.names | first }}", "a"), ("{{ call.none }}", None), ("n{{ call.line }}", "n7"),
    ("{{ call.line }}{{ call.line }}", "77"), ("plain", "plain"),
])  # fmt: skip
def test_a_single_expression_keeps_its_type(source: str, value: Any) -> None:
    assert SANDBOX.value(source)(SCOPE) == value

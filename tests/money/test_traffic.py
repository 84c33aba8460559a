"""Declared traffic: entries of the policy, comments in the code, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest

from llmlint.facts import CallSite, Facts, ModelFact, TaskFact
from llmlint.judge.policy import Policy
from llmlint.money.traffic import TrafficError, declared, is_declared, traffic_of


def site(path="app/x.py", line=10, end_line=None, **more):
    return CallSite(path, line, end_line or line, 1, 1, "generate", "anthropic", "messages.create", **more)


def policy(*entries, prefix=""):
    origins = {f"traffic[{i}]": f"llmlint.yaml:{i + 2}" for i in range(len(entries))}
    return Policy(extra={"traffic": list(entries)} if entries else {}, origins=origins, prefix=prefix)


@pytest.mark.parametrize(
    ("match", "one", "meant"),
    [
        ({}, site(), True),
        ({"path": "app/**"}, site(), True),
        ({"path": ["lib/**", "app/x.py"]}, site(), True),
        ({"path": "lib/**"}, site(), False),
        ({"function": "ask"}, site(function="Client.ask"), True),
        ({"function": "Client.ask"}, site(function="Client.ask"), True),
        ({"function": "as"}, site(function="Client.ask"), False),
        ({"model": "gpt-5"}, site(model=ModelFact(("gpt-5", "gpt-5-mini"))), True),
        ({"task": "chat"}, site(task=TaskFact("qa")), False),
        ({"path": "app/**", "function": "ask"}, site(function="tell"), False),
        ({"label": "triage"}, site(), False),
    ],
)
def test_which_call_sites_an_entry_means(match, one, meant):
    found = traffic_of(policy({"match": match, "calls_per_day": 12}), Facts("/nowhere", (one,)))
    assert found.keys() == ({one.place} if meant else set())


def test_the_last_entry_wins_key_by_key():
    one = site()
    found = traffic_of(
        policy(
            {"match": {}, "calls_per_day": 1000, "input_tokens": 800},
            {"match": {"path": "app/**"}, "calls_per_day": 50, "source": "gateway log, October"},
        ),
        Facts("/nowhere", (one,)),
    )[one.place]
    assert (found.calls_per_day, found.input_tokens, found.output_tokens) == (50, 800, None)
    assert found.source == "llmlint.yaml:3, gateway log, October"
    assert found.calls_per_month == 1500


def test_paths_are_meant_from_the_policy():
    one = site("x.py")
    entry = {"match": {"path": "src/x.py"}, "calls_per_day": 1}
    assert traffic_of(policy(entry, prefix="src/"), Facts("/nowhere", (one,)))


def test_an_entry_that_means_no_call_site_is_told():
    found = declared(policy({"match": {"path": "gone/**"}, "calls_per_day": 1}), Facts("/nowhere", (site(),)))
    assert found.idle == ("llmlint.yaml:2",)


CODE = '''
def ask():
    client.messages.create(model="m")  # llmlint: label=triage volume=12000/day input_tokens=1_800


# llmlint: volume=2k/hour
def of_the_function():
    first = client.messages.create(
        model="m",
    )
    return client.messages.create(model="m")


def above():
    # not ours
    # llmlint: output_tokens=90 model=claude-haiku-4-5
    return client.messages.create(model="m")


TEXT = "# llmlint: volume=1/day"
other = client.messages.create(model="m")
'''


def in_code(tmp_path: Path, code: str, *places: int, entries=()):
    (tmp_path / "a.py").write_text(dedent(code))
    sites = tuple(site("a.py", line) for line in places)
    return traffic_of(policy(*entries), Facts(str(tmp_path), sites, annotated=("a.py",)))


def test_comments_on_the_call_above_it_and_at_the_function(tmp_path):
    by_label = {"match": {"label": "triage"}, "output_tokens": 20}
    found = in_code(tmp_path, CODE, 3, 8, 11, 17, 21, entries=[by_label])
    assert found["a.py:3"].calls_per_day == 12_000
    assert found["a.py:3"].input_tokens == 1800
    assert found["a.py:3"].output_tokens == 20
    assert (found["a.py:3"].label, found["a.py:3"].source) == ("triage", "a.py:3")
    assert found["a.py:8"].calls_per_day == found["a.py:11"].calls_per_day == 48_000
    assert (found["a.py:17"].calls_per_day, found["a.py:17"].output_tokens, found["a.py:17"].model) == (None, 90, "claude-haiku-4-5")
    assert "a.py:21" not in found


@pytest.mark.parametrize(
    ("written", "a_day"),
    [("12000/day", 12_000), ("12_000/d", 12_000), ("1.5M/month", 50_000), ("0.5/second", 43_200), ("7/weeks", 1), ("2k/min", 2_880_000)],
)
def test_units(tmp_path, written, a_day):
    found = in_code(tmp_path, f"ask()  # llmlint: volume={written}\n", 1)
    assert round(found["a.py:1"].calls_per_day, 6) == a_day


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("volume=-5/day", "volume must not be negative: -5"),
        ("volume=0/day", "volume must be above 0"),
        ("volume=12000", "says no unit"),
        ("volume=12000/fortnight", "no unit 'fortnight'"),
        ("volume=12000/day/hour", "no unit 'day/hour'"),
        ("volume=many/day", "'many' is no number"),
        ("volume=nan/day", "is no amount"),
        ("volume=1e99/day", "is no amount"),
        ("volume=", "volume is empty"),
        ("label=a speed=3/day", "knows no 'speed'"),
        ("input_tokens=0", "input_tokens must be above 0"),
    ],
)
def test_what_a_comment_cannot_mean_is_refused_with_its_line(tmp_path, comment, words):
    with pytest.raises(TrafficError) as error:
        in_code(tmp_path, f"\nask()  # llmlint: {comment}\n", 2)
    assert words in str(error.value)
    assert str(error.value).startswith("a.py:2: ")


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e15])
def test_what_an_entry_cannot_mean_is_refused_with_its_line(value):
    with pytest.raises(TrafficError, match=r"^llmlint.yaml:2: calls_per_day "):
        traffic_of(policy({"match": {}, "calls_per_day": value}), Facts("/nowhere", (site(),)))


def test_whether_anything_is_declared(tmp_path):
    assert not is_declared(policy(), Facts("/nowhere", (site(),)))
    assert is_declared(policy({"match": {}, "calls_per_day": 1}), Facts("/nowhere", ()))
    (tmp_path / "a.py").write_text("ask()  # llmlint: ignore\n")
    assert not is_declared(policy(), Facts(str(tmp_path), (), annotated=("a.py",)))
    (tmp_path / "a.py").write_text("ask()  # llmlint: volume=1/day\n")
    assert is_declared(policy(), Facts(str(tmp_path), (), annotated=("a.py",)))


def test_decimals_stay_decimals():
    one = site()
    entry = {"match": {}, "calls_per_day": 0.1}
    assert traffic_of(policy(entry), Facts("/nowhere", (one,)))[one.place].calls_per_day == Decimal("0.1")

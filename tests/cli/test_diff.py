"""`llmlint diff`: what a change does to the bill, wherever it stands; git's work tree stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pipeline import run
from tests.cli.repository import commit, git, write

RULES = "You read mails for a shop. Say which team answers: billing, shipping or returns. " * 60

APP = '''\
import anthropic

from prompts import load
from settings import LIMIT, MODEL

client = anthropic.Anthropic()


def triage(mail):
    answer = client.messages.create(
        model=MODEL,
        max_tokens=LIMIT,
        system=[{"type": "text", "text": load("system"), "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": mail}],
    )
    return answer.content[0].text


def greet(name):
    return client.messages.create(
        model="claude-haiku-4-5",
        max_tokens=100,
        messages=[{"role": "user", "content": f"Write a short greeting for our customer {name}, in one friendly sentence."}],
    )
'''
SETTINGS = 'MODEL = "claude-haiku-4-5"\nLIMIT = 200\n'
PROMPTS = "from pathlib import Path\n\n\ndef load(name):\n    return (Path(__file__).parent / 'prompts' / f'{name}.md').read_text()\n"
JOB = "from app import triage\n\n\ndef run(mail):\n    return triage(mail)\n\n\nrun('one mail')\n"
FILES = {"app.py": APP, "settings.py": SETTINGS, "prompts.py": PROMPTS, "prompts/system.md": RULES, "job.py": JOB}


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("committed")
    write(folder, FILES)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


@pytest.fixture
def project(committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy: to make it anew takes git six times as long."""
    shutil.copytree(committed, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sample"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bill(*arguments: str) -> dict[str, Any]:
    done = run("diff", *(arguments or ("HEAD",)), "--format", "json")
    assert done.exit_code in (0, 1), done.stderr
    return dict(json.loads(done.stdout))


def told(found: dict[str, Any]) -> list[str]:
    return [f"{c['path']}:{c['line']} {c['change']}: {'; '.join(c['why'])}" for c in found["call_sites"]]


LOOP = "from app import triage\n\n\ndef run(mails):\n    for mail in mails:\n        triage(mail)\n\n\nrun(['one mail', 'two'])\n"
HERE = APP.replace("def greet(name):\n    return client", "def greet(names):\n  for name in names:\n    client")
MORE = """import anthropic


def ask(question):
    # one more
    return anthropic.Anthropic().messages.create(
        model="claude-opus-4-5", max_tokens=50, messages=[{"role": "user", "content": question}]
    )
"""
UNTIL = JOB.replace("    return triage(mail)", "    while True:\n        said = triage(mail)\n        if said == 'done':\n            break\n        mail += said")


@pytest.mark.parametrize(("changes", "found"), [
    ({}, []),
    ({"README.md": "words"}, []),
    ({"app.py": "# one\n# two\n" + APP}, []),
    ({"settings.py": SETTINGS.replace("haiku", "opus")}, ["app.py:10 changed: model claude-haiku-4-5 → claude-opus-4-5"]),
    ({"settings.py": SETTINGS.replace("200", "4000")}, ["app.py:10 changed: output limit 200 → 4,000 tokens"]),
    ({"settings.py": SETTINGS.replace("200", "None")}, ["app.py:10 changed: output limit removed (it was 200 tokens)"]),
    ({"app.py": APP.replace("        max_tokens=100,\n", "")}, ["app.py:20 changed: output limit removed (it was 100 tokens)"]),
    ({"app.py": APP.replace(', "cache_control": {"type": "ephemeral"}', "")}, ["app.py:10 changed: prompt cache removed"]),
    ({"app.py": APP.replace('model="claude-haiku-4-5"', 'model="claude-sonnet-4-5"')}, ["app.py:20 changed: model claude-haiku-4-5 → claude-sonnet-4-5"]),
    ({"prompts/system.md": RULES * 4}, ["app.py:10 changed: prompt grew from 1,082 to 4,322 tokens (prompts/system.md)"]),
    ({"app.py": APP.replace("one friendly sentence", "one friendly sentence. " + RULES)}, ["app.py:20 changed: prompt grew from 13 to 1,094 tokens"]),
    ({"job.py": LOOP}, ["app.py:10 changed: now inside a for loop over `mails` (job.py:5), by way of `triage`"]),
    ({"job.py": UNTIL}, ["app.py:10 changed: now inside the loop `while True` (job.py:5)"]),
    ({"app.py": HERE}, ["app.py:21 changed: now inside a for loop over `names` (app.py:20)"]),
    ({"app.py": APP.partition("\n\n\ndef greet")[0] + "\n"}, ["app.py:20 removed: anthropic `messages.create` with claude-haiku-4-5, at most 100 tokens out"]),
    ({"more.py": MORE}, ["more.py:6 added: anthropic `messages.create` with claude-opus-4-5, at most 50 tokens out"]),
])  # fmt: skip
def test_what_is_told(project: Path, changes: dict[str, str], found: list[str]) -> None:
    write(project, changes)
    before = git(project, "status", "--porcelain")
    assert told(bill()) == found
    assert git(project, "status", "--porcelain") == before


@pytest.mark.parametrize("moves", [
    [("app.py", "mails.py")],
    [("job.py", "jobs/nightly.py")],
    [("prompts/system.md", "prompts/rules.md")],
    [("settings.py", "constants.py")],
])  # fmt: skip
def test_a_move_is_free(project: Path, moves: list[tuple[str, str]]) -> None:
    for old, new in moves:
        (project / new).parent.mkdir(parents=True, exist_ok=True)
        git(project, "mv", old, new)
    for file in project.glob("**/*.py"):
        text = file.read_text(encoding="utf-8").replace('load("system")', 'load("rules")' if moves[0][1].endswith("rules.md") else 'load("system")')
        text = text.replace("from app import", "from mails import") if moves[0][1] == "mails.py" else text
        text = text.replace("from settings", "from constants") if moves[0][1] == "constants.py" else text
        file.write_text(text, encoding="utf-8")
    found = bill()
    assert {c["change"] for c in found["call_sites"]} <= {"moved"}, told(found)
    assert found["quiet"] and found["delta_usd_per_1k_calls"] == 0


def test_a_function_that_goes_to_another_file_is_moved(project: Path) -> None:
    head, _, greet = APP.partition("\n\n\ndef greet")
    write(project, {"app.py": head + "\n", "hello.py": "import anthropic\n\nclient = anthropic.Anthropic()\n\n\ndef greet" + greet})
    assert told(bill()) == ["hello.py:7 moved: moved from app.py"]


def test_revisions(project: Path) -> None:
    """BASE is taken where HEAD left it; A..B as they are; a work tree with what is not committed."""
    git(project, "checkout", "-q", "-b", "feature")
    write(project, {"settings.py": SETTINGS.replace("haiku", "opus")})
    commit(project)
    git(project, "checkout", "-q", "main")
    write(project, {"settings.py": SETTINGS.replace("200", "900")})
    commit(project)
    git(project, "checkout", "-q", "feature")
    model, cap = "model claude-haiku-4-5 → claude-opus-4-5", "output limit 200 → 900 tokens"
    assert told(bill("main", "HEAD")) == told(bill("main")) == told(bill("main...feature")) == [f"app.py:10 changed: {model}"]
    back = "model claude-opus-4-5 → claude-haiku-4-5"
    assert told(bill("feature..main")) == [f"app.py:10 changed: {back}; {cap}"]
    write(project, {"settings.py": SETTINGS})
    assert told(bill("main")) == [] and bill("main")["head"] == "work tree"
    assert told(bill("main", "HEAD")) == [f"app.py:10 changed: {model}"]


def test_nothing_is_printed_where_nothing_changed(project: Path) -> None:
    write(project, {"README.md": "words"})
    for form in ("text", "markdown", "github"):
        done = run("diff", "HEAD", "--format", form)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.startswith("llmlint: nothing to report between ") and run("diff", "HEAD", "-q").stderr == ""


def test_a_folder_of_a_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "services" / "chat").mkdir(parents=True)
    write(project / "services" / "chat", FILES)
    commit(project)
    write(project, {"settings.py": SETTINGS.replace("haiku", "opus"), "services/chat/settings.py": SETTINGS.replace("200", "900")})
    monkeypatch.chdir(project / "services" / "chat")
    assert told(bill()) == ["app.py:10 changed: output limit 200 → 900 tokens"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["nope"], "git knows no revision 'nope'"),
    (["HEAD", "nope"], "git knows no revision 'nope'"),
    (["a..b", "c"], "a..b names two revisions already"),
    (["alone..HEAD~0", "-q"], "git knows no revision 'alone'"),
    (["other"], "other and HEAD have no commit in common (compare them as they are: other..HEAD)"),
])  # fmt: skip
def test_revisions_that_are_none(project: Path, arguments: list[str], words: str) -> None:
    tree = git(project, "write-tree").strip()
    git(project, "branch", "other", git(project, "commit-tree", tree, "-m", "alone").strip())
    done = run("diff", *arguments)
    assert done.exit_code == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("diff", "main")
    assert done.exit_code == 2 and done.stderr.startswith("llmlint: diff main: ") and "is in no git work tree" in done.stderr


def test_no_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    done = run("diff", "main")
    assert (done.exit_code, done.stderr) == (2, "llmlint: diff main needs git, and there is none (install git)\n")


def test_a_shallow_clone(project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    for text in ("200", "300", "400"):
        write(project, {"settings.py": SETTINGS.replace("200", text) + f"# {text}\n"})
        commit(project)
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth", "1", "--no-single-branch", project.as_uri(), "here")
    monkeypatch.chdir(clone / "here")
    for name, words in (("origin/main", "too shallow to hold where HEAD left origin/main"), ("HEAD~2", "git knows no revision 'HEAD~2': the clone is shallow")):
        done = run("diff", name)
        assert done.exit_code == 2 and words in done.stderr and "`git fetch --unshallow`, or `fetch-depth: 0`" in done.stderr


def test_a_file_that_cannot_be_read(project: Path) -> None:
    """What the change breaks must not look free; what was broken before is not its doing."""
    write(project, {"old.py": "import anthropic\n)\n"})
    commit(project)
    write(project, {"README.md": "x", "job.py": LOOP})
    assert run("diff", "HEAD").exit_code == 0
    write(project, {"app.py": APP + ")\n"})
    done = run("diff", "HEAD")
    assert done.exit_code == 2 and "app.py:25: not analysed" in done.stdout and "removed" not in done.stdout


PRICES = """prices:
  claude-haiku-4-5: {input_usd_per_mtok: 1, output_usd_per_mtok: 5, cache_read_usd_per_mtok: 0.1, cache_write_usd_per_mtok: 1.25}
  claude-opus-4-5: {input_usd_per_mtok: 5, output_usd_per_mtok: 25, cache_read_usd_per_mtok: 0.5, cache_write_usd_per_mtok: 6.25}
"""
TRAFFIC = """traffic:
  - {match: {path: app.py, function: greet}, calls_per_day: 1000, input_tokens: 20, output_tokens: 40}
"""
DEARER = {"app.py": APP.replace('model="claude-haiku-4-5"', 'model="claude-opus-4-5"')}
# a call of greet: 20 in and 40 out, 0.00022 USD with haiku and 0.0011 with opus; 30,000 of them a month
MONTH = 0.00088 * 30_000


def test_what_it_costs(project: Path) -> None:
    """Five times dearer: 0.88 USD more per 1,000 calls, and with 1,000 calls a day 26.40 a month."""
    write(project, {"llmlint.yaml": PRICES + TRAFFIC})
    commit(project)
    write(project, DEARER)
    found = bill()
    assert found["delta_usd_per_1k_calls"] == pytest.approx(0.88) and found["delta_usd_per_month"] == pytest.approx(MONTH)
    site = found["call_sites"][0]
    assert (site["delta_usd_per_month"], site["unknown"]) == (pytest.approx(MONTH), None)
    assert "+$26.40 a month, +$0.88 per 1,000 calls" in run("diff", "HEAD").stdout


def test_no_volume_is_made_up(project: Path) -> None:
    write(project, {"llmlint.yaml": PRICES})
    commit(project)
    write(project, DEARER)
    found = bill()
    assert found["delta_usd_per_month"] is None and found["delta_usd_per_1k_calls"] > 0
    assert found["call_sites"][0]["unknown"] == "how often it runs is not declared"


def test_a_model_without_a_price_is_no_silent_zero(project: Path) -> None:
    write(project, {"app.py": APP.replace('model="claude-haiku-4-5"', 'model="our-own-model-7"')})
    found = bill()
    assert found["delta_usd_per_1k_calls"] is None and found["unpriced"] == 1 and not found["quiet"]
    assert "our-own-model-7" in found["call_sites"][0]["unknown"]


def test_a_prompt_that_grows_costs_more_than_was_declared(project: Path) -> None:
    """What was declared is the size of the prompt as it was: 1,081 tokens more at 1 USD a million, 30,000 times a month."""
    write(project, {"llmlint.yaml": PRICES + TRAFFIC})
    commit(project)
    write(project, {"app.py": APP.replace("one friendly sentence", "one friendly sentence. " + RULES)})
    assert bill()["delta_usd_per_month"] == pytest.approx(1081 * 30_000 / 1e6, rel=0.01)


def test_a_loop_multiplies_by_what_nobody_knows(project: Path) -> None:
    write(project, {"llmlint.yaml": PRICES + TRAFFIC + "budgets: {report_above_usd: 1000}\n"})
    commit(project)
    write(project, {"app.py": HERE})
    found = bill()
    assert found["call_sites"][0]["delta_usd_per_month"] is None and found["unpriced"] == 1 and not found["quiet"]
    assert "as often as its loop goes round" in run("diff", "HEAD").stdout


@pytest.mark.parametrize(("budgets", "changes", "code", "words"), [
    ("budgets: {pr_increase_usd: 20}", DEARER, 1, "budget pr_increase_usd $20.00: +$26.40, BROKEN"),
    ("budgets: {pr_increase_usd: 50}", DEARER, 0, "budget pr_increase_usd $50.00: +$26.40, holds"),
    ("budgets: {monthly_usd: 30}", DEARER, 1, "budget monthly_usd $30.00: $33.00, BROKEN (without 1 call site whose traffic or price is not known)"),
    ("budgets: {monthly_usd: 40}", DEARER, 0, "budget monthly_usd $40.00: $33.00, holds"),
    ("budgets: {teams: {'@hello': {pr_increase_usd: 20}}}", DEARER, 1, "budget @hello: pr_increase_usd $20.00: +$26.40, BROKEN"),
    ("budgets: {teams: {'@other': {pr_increase_usd: 20}}}", DEARER, 0, "budget @other: pr_increase_usd $20.00: $0, holds"),
    ("budgets: {teams: {'@hello': {monthly_usd: 20}}}", DEARER, 1, "budget @hello: monthly_usd $20.00: $33.00, BROKEN"),
    ("budgets: {pr_increase_usd: 1}", {"settings.py": SETTINGS.replace("haiku", "opus")}, 0, "budget pr_increase_usd $1.00: cannot be held"),
    ("budgets: {report_above_usd: 50}", DEARER, 0, ""),
    ("budgets: {report_above_usd: 20}", DEARER, 0, "+$26.40 a month"),
    ("budgets: {report_above_usd: 50, pr_increase_usd: 20}", DEARER, 1, "BROKEN"),
])  # fmt: skip
def test_budgets(project: Path, budgets: str, changes: dict[str, str], code: int, words: str) -> None:
    write(project, {"llmlint.yaml": f"{PRICES}{TRAFFIC}{budgets}\n", "CODEOWNERS": "app.py @hello\n"})
    commit(project)
    write(project, changes)
    done = run("diff", "HEAD")
    assert done.exit_code == code, done.stdout
    assert words in done.stdout and (words or not done.stdout)
    sarif = json.loads(run("diff", "HEAD", "-f", "sarif").stdout)
    levels = [r["level"] for r in sarif["runs"][0]["results"]]
    assert ("error" in levels) is (code == 1)


def test_a_broken_budget_stands_where_it_is_set(project: Path) -> None:
    write(project, {"llmlint.yaml": f"{PRICES}{TRAFFIC}budgets:\n  pr_increase_usd: 20\n"})
    commit(project)
    write(project, DEARER)
    assert "::error file=llmlint.yaml,line=7,endLine=7" in run("diff", "HEAD", "-f", "github").stdout


def test_a_policy_that_changes_with_the_code_is_told_of(project: Path) -> None:
    write(project, {"llmlint.yaml": PRICES})
    commit(project)
    write(project, {"llmlint.yaml": PRICES + "budgets: {pr_increase_usd: 100000}\n", **DEARER})
    assert bill()["notes"] == ["llmlint.yaml changes too: prices, traffic and budgets are those of the newer revision"]


def test_a_limit_that_goes_is_never_free(project: Path) -> None:
    write(project, {"llmlint.yaml": PRICES + TRAFFIC + "budgets: {report_above_usd: 1000}\n"})
    commit(project)
    write(project, {"app.py": APP.replace("        max_tokens=100,\n", "")})
    assert "and nothing limits the answer" in run("diff", "HEAD").stdout


def test_files_that_a_sparse_checkout_leaves_out_are_not_gone(project: Path) -> None:
    write(project, {"apart/more.py": MORE})
    commit(project)
    git(project, "sparse-checkout", "set", "--no-cone", "/*", "!/apart/")
    assert not (project / "apart").exists()
    write(project, {"settings.py": SETTINGS.replace("200", "900")})
    assert told(bill()) == ["app.py:10 changed: output limit 200 → 900 tokens"]


def test_a_merge_that_is_not_finished(project: Path) -> None:
    """The file with both versions in it is no Python: that is said, and its call sites have not gone."""
    for branch, limit in (("one", "300"), ("two", "400")):
        git(project, "checkout", "-q", "-b", branch, "main")
        write(project, {"app.py": APP.replace("max_tokens=100", f"max_tokens={limit}")})
        commit(project)
    git(project, "merge", "one", check=False)
    done = run("diff", "HEAD")
    assert done.exit_code == 2 and "app.py:" in done.stdout and "not analysed" in done.stdout and "removed" not in done.stdout


def test_who_reads_a_text_is_found_in_commits_and_in_the_work_tree(project: Path) -> None:
    write(project, {"prompts/system.md": RULES * 4})
    found = told(bill("HEAD", "--reached"))
    commit(project)
    assert found and found == told(bill("HEAD~1..HEAD", "--reached"))


TOOL = '{"name": "find", "description": "Find an order.", "input_schema": {"type": "object", "properties": {}}}'
TOOLS = f"ONE = {TOOL}\n\n\ndef all_tools():\n    return [ONE]\n"
AGENT = MORE.replace("import anthropic\n", "import anthropic\nfrom tools import all_tools\n").replace("max_tokens=50,", "max_tokens=50, tools=all_tools(),")


@pytest.mark.parametrize(("changes", "why"), [
    ({"tools.py": TOOLS.replace("an order.", "an order. " + RULES)}, "descriptions of tools grew from 16 to 1,096 tokens"),
    ({"tools.py": TOOLS, "more.py": AGENT.replace(" tools=all_tools(),", "")}, "no longer hands tools to the model (16 tokens)"),
    ({"more.py": AGENT.replace("all_tools(),", "all_tools(), system='Be brief and kind.',")}, "prompt grew from 0 to 5 tokens"),
])  # fmt: skip
def test_tools_are_sent_with_every_request(project: Path, changes: dict[str, str], why: str) -> None:
    """Each of 1,081 tokens more costs 5 USD a million: the model is claude-opus-4-5."""
    write(project, {"tools.py": TOOLS, "more.py": AGENT, "llmlint.yaml": PRICES})
    commit(project)
    write(project, changes)
    found = bill()
    assert told(found) == [f"more.py:7 changed: {why}"]
    if "grew from 16" in why:
        assert found["delta_usd_per_1k_calls"] == pytest.approx(1081 * 5 / 1e3, rel=0.01)


def test_models_that_can_be_chosen_at_run_time(project: Path) -> None:
    """No price is known before or after; that another model can be chosen is said, and costs nothing."""
    write(project, {"more.py": MORE.replace("question):", "question, model):").replace('"claude-opus-4-5"', "model"), "names.py": "ALL = {'small': 'claude-haiku-4-5'}\n"})
    commit(project)
    write(project, {"names.py": "ALL = {'small': 'claude-haiku-4-5', 'large': 'claude-opus-4-5'}\n"})
    words = "models that the changed code names: claude-opus-4-5 new; 1 call site chooses its model at run time"
    found = bill("HEAD", "--whole")
    assert found["quiet"] and found["notes"] == [words + ", which is in no sum"]
    assert words in run("diff", "HEAD", "--whole").stderr
    write(project, {"names.py": "# a comment\nALL = {'small': 'claude-haiku-4-5'}\n"})
    assert bill("HEAD", "--whole")["notes"] == []


def test_tests_that_did_not_change_are_left_alone(project: Path) -> None:
    """Whether the change is followed or everything is compared."""
    asks = "import anthropic\nfrom settings import MODEL\n\n\ndef test_it():\n    anthropic.Anthropic().messages.create(model=MODEL, max_tokens=5, messages=[])\n"
    write(project, {"tests/test_app.py": asks})
    commit(project)
    write(project, {"settings.py": SETTINGS.replace("haiku", "opus")})
    changed = "app.py:10 changed: model claude-haiku-4-5 → claude-opus-4-5"
    assert told(bill("HEAD", "--whole")) == told(bill("HEAD", "--reached")) == [changed]
    write(project, {"tests/test_app.py": "\n" + asks})
    assert told(bill("HEAD", "--whole")) == told(bill("HEAD", "--reached")) == [changed, changed.replace("app.py:10", "tests/test_app.py:7")]


def test_what_a_run_keeps_changes_nothing(project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts of both revisions and the prices come from the run before: nothing is parsed, no price list read."""
    write(project, {"settings.py": SETTINGS.replace("haiku", "opus"), "prompts/system.md": RULES * 4})
    folder = tmp_path_factory.mktemp("cache")
    kept = ("HEAD", "--cache-dir", str(folder))
    found = [bill("HEAD", "--no-cache"), bill(*kept)]
    monkeypatch.setattr("llmlint.money.library.library", lambda: pytest.fail("the price list was read"))
    found.append(bill(*kept))
    parsed = [one.pop("stats")["parsed"] for one in found]
    assert parsed[0] == parsed[1] > 0 == parsed[2]
    assert found[0] == found[1] == found[2] and told(found[0])
    stored = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"sketches" in stored and RULES.split()[-1].encode() not in stored  # no prompt's text is kept

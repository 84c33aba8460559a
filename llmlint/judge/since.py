"""A verdict + an older revision → the verdict with only what is new against it.

The old files are judged with today's policy and rules: what changed is the code, wherever a value comes from.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from llmlint.judge.finding import Finding, Verdict
from llmlint.judge.known import Known, split, without_known
from llmlint.judge.policy import Policy
from llmlint.judge.rules import Rule
from llmlint.scan.revision import Revision, read_revision, tracked, write_files

# what no call site's facts can rest on, however it changes
IRRELEVANT = frozenset({
    ".bmp", ".bz2", ".c", ".cc", ".cpp", ".css", ".exe", ".gif", ".go", ".gz", ".h", ".hpp", ".ico", ".java", ".jpeg",
    ".jpg", ".lock", ".less", ".mov", ".mp3", ".mp4", ".otf", ".parquet", ".pdf", ".png", ".pyc", ".rs", ".scss", ".so",
    ".svg", ".tar", ".tiff", ".ttf", ".wav", ".webm", ".webp", ".whl", ".woff", ".woff2", ".xz", ".zip",
})  # fmt: skip


def only_new(
    verdict: Verdict, name: str, policy: Policy, rules: Sequence[Rule], immune: Collection[str] = ()
) -> Verdict:
    """Raises RevisionError where the revision cannot be read. immune: rules whose findings are always new.

    Where nothing is found, and where nothing changed that a finding could rest on, the old files are not analysed.
    """
    root = Path(verdict.root)
    revision = read_revision(root, name)
    findings = [f for f in verdict.findings if f.rule not in immune]
    if not findings:
        return verdict
    base = _below_top(root, revision.top)
    anywhere = {rule.name for rule in rules if rule.scope == "project"}
    largest = policy.scan.max_file_bytes
    if not any(revision.changed(path, largest) for path in _relevant(revision, policy, root, base)):
        old: Sequence[Finding] = findings
    else:
        known = _known(revision, base, policy, rules, findings, anywhere)
        old = split(findings, known, lambda path: not os.path.lexists(os.path.join(root, path)), anywhere).old  # noqa: PTH118
    return without_known(verdict, old, "since", f"there at {name}", revision.commit[:12])


def _below_top(root: Path, top: Path) -> str:
    """The root from the top of the work tree: "" or "services/chat/"."""
    relative = os.path.relpath(os.path.realpath(root), os.path.realpath(top)).replace(os.sep, "/")
    return "" if relative == "." else f"{relative}/"


def _relevant(revision: Revision, policy: Policy, root: Path, base: str) -> set[str]:
    """Paths below the root, then or now, on which a finding could rest; from the top of the work tree."""
    from llmlint.scan.discover import discover

    found = discover(root, [root], policy.scan)
    untracked = {base + path for path in (*found.project_files, *found.config_files)}
    paths = {path for path in (*revision.blobs, *tracked(revision)) if path.startswith(base)} | untracked
    return {path for path in paths if os.path.splitext(path)[1].lower() not in IRRELEVANT}  # noqa: PTH122


def _known(
    revision: Revision, base: str, policy: Policy, rules: Sequence[Rule], findings: Sequence[Finding],
    anywhere: Collection[str],
) -> list[Known]:  # fmt: skip
    """What the revision's files give under today's policy."""
    from llmlint.judge.judge import judge
    from llmlint.tasks.collect import collect_facts

    with tempfile.TemporaryDirectory(prefix="llmlint-since-") as name:
        top = Path(name).resolve()
        root = top / base if base else top
        root.mkdir(parents=True, exist_ok=True)
        (top / ".git").mkdir(exist_ok=True)  # the .gitignore files above the root hold up to here
        write_files(revision, lambda path: _wanted(path, base), top, policy.scan.max_file_bytes)
        asked = _asked(root, base, revision, findings, anywhere)
        if not asked:
            return []
        facts = collect_facts(asked, replace(policy.scan, cache=False), root=root)
        verdict = judge(facts, policy, rules)
    return [Known(f.path, f.fingerprint) for f in verdict.findings]


def _wanted(path: str, base: str) -> bool:
    """Below the root, or a .gitignore that holds there too."""
    if path.startswith(base):
        return os.path.splitext(path)[1].lower() not in IRRELEVANT  # noqa: PTH122
    folder, _, file = path.rpartition("/")
    return file == ".gitignore" and base.startswith(folder and folder + "/")


def _asked(
    root: Path, base: str, revision: Revision, findings: Sequence[Finding], anywhere: Collection[str]
) -> list[Path]:
    """Where earlier findings are looked for: files that have some now, and files that are gone; maybe everything."""
    if any(f.rule in anywhere for f in findings):
        return [root]
    here = {base + f.path for f in findings}
    then = {
        path for path in revision.blobs
        if path.startswith(base) and path.endswith((".py", ".ipynb"))
        and (path in here or not os.path.lexists(revision.top / path))
    }  # fmt: skip
    return [root / path[len(base) :] for path in sorted(then) if (root / path[len(base) :]).is_file()]

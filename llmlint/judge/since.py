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
from llmlint.scan.revision import Revision, present, read_revision, write_files

NO_TEXT = (  # files that nobody's prompt or settings are read from: not worth writing
    ".bmp", ".bz2", ".gif", ".gz", ".ico", ".jpeg", ".jpg", ".mp3", ".mp4", ".parquet", ".pdf", ".png", ".so", ".svg",
    ".tar", ".ttf", ".wav", ".webp", ".whl", ".woff", ".woff2", ".xz", ".zip",
)  # fmt: skip


def only_new(
    verdict: Verdict, name: str, policy: Policy, rules: Sequence[Rule], read: Sequence[str],
    immune: Collection[str] = (),
) -> Verdict:  # fmt: skip
    """Raises RevisionError where the revision cannot be read. immune: rules whose findings are always new.

    read: the files, besides code, that the findings' values come from (`Facts.read`).

    Where nothing is found, and where nothing changed that a finding could rest on, the old files are not analysed.
    """
    root = Path(verdict.root)
    revision = read_revision(root, name)
    findings = [f for f in verdict.findings if f.rule not in immune]
    if not findings:
        return verdict
    base = _below_top(root, revision.top)
    anywhere = {rule.name for rule in rules if rule.scope == "project"}
    if not _matters(revision, policy, root, base, read):
        old: Sequence[Finding] = findings
    else:
        known = _known(revision, base, policy, rules, findings, anywhere)
        old = split(findings, known, lambda path: not os.path.lexists(os.path.join(root, path)), anywhere).old  # noqa: PTH118
    return without_known(verdict, old, "since", f"there at {name}", revision.commit[:12])


def _below_top(root: Path, top: Path) -> str:
    """The root from the top of the work tree: "" or "services/chat/"."""
    relative = os.path.relpath(os.path.realpath(root), os.path.realpath(top)).replace(os.sep, "/")
    return "" if relative == "." else f"{relative}/"


def _matters(revision: Revision, policy: Policy, root: Path, base: str, read: Sequence[str]) -> bool:
    """Did anything change on which a finding could rest: code, configuration, or a file that values are read from?"""
    from llmlint.scan.discover import discover

    found = discover(root, [root], policy.scan)
    files = {base + path for path in (*found.project_files, *found.config_files)}
    paths = {path for path in (*revision.blobs, *present(revision)) if path.startswith(base)} | files
    code = {path for path in paths if path in files or _is_code(path)}
    largest = policy.scan.max_file_bytes
    if any(revision.changed(path, largest) for path in sorted(code)):
        return True
    # where no code changed, the old code would have looked at the same files
    return any(revision.changed(path, largest) for path in sorted((paths - code).intersection(base + p for p in read)))


def _is_code(path: str) -> bool:
    from llmlint.scan.discover import CONFIG_PREFIXES, CONFIG_SUFFIXES, SUFFIXES

    return path.endswith((*SUFFIXES, *CONFIG_SUFFIXES)) or path.rpartition("/")[2].startswith(CONFIG_PREFIXES)


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
        return not path.lower().endswith(NO_TEXT)
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

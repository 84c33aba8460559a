"""Labels that say where a prompt stands → its text, read from git mirrors that are never checked out or run.

A label row names repo, commit, path, `extract` and sha256. `extract` is one of
    python-string    the string expression on start_line..end_line held by `name`; {name} stands where a value goes in
    yaml-key:KEY     the scalar at KEY, dotted, list positions from 0
    file, jinja-file the whole file
A mirror folder holds OWNER+NAME (or OWNER+NAME/repo, each with or without .git). Where repo is pypi:NAME, commit is the
version and path is below the top folder of the source distribution, pypi+NAME/NAME-VERSION.tar.gz in the mirror folder,
or, where none is there, within the wheel, pypi+NAME/NAME-VERSION-….whl (`pip download --only-binary :all: --no-deps`).
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import subprocess
import tarfile
import textwrap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEXT_FILES = (".py", ".yaml", ".yml", ".md", ".txt", ".j2", ".jinja", ".jinja2", ".prompt")
MOST_BYTES = 1_000_000
TEXT_METHODS = frozenset({"strip", "lstrip", "rstrip", "format", "format_map", "replace", "encode"})


@dataclass(frozen=True)
class Found:
    """One string of a file: what holds it, where it stands, what it says."""

    name: str
    start_line: int
    end_line: int
    extract: str
    text: str


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def git_dir(mirror: Path, repo: str) -> Path:
    base = mirror / repo.replace("/", "+")
    for folder in (base / "repo" / ".git", base / "repo", base / ".git", base):
        if (folder / "HEAD").exists():
            return folder
    raise FileNotFoundError(f"{repo} is not in {mirror}")


def sdist_files(mirror: Path, repo: str, version: str) -> dict[str, str]:
    """The text files of a source distribution or wheel, unpacked in memory only: path below its top folder → text."""
    folder = mirror / repo.replace(":", "+")
    archive = next((p for p in sorted(folder.glob("*.tar.gz")) if p.name.endswith(f"-{version}.tar.gz")), None)
    archive = archive or next((p for p in sorted(folder.glob("*.whl")) if p.name.split("-")[1] == version), None)
    if archive is None:
        raise FileNotFoundError(f"{repo} {version} is not in {mirror}")
    out: dict[str, str] = {}
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for info in wheel.infolist():
                if info.file_size < MOST_BYTES and info.filename.endswith(TEXT_FILES):
                    out[info.filename] = wheel.read(info).decode("utf-8", "replace")
        return out
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.size < MOST_BYTES and member.name.endswith(TEXT_FILES):
                file = tar.extractfile(member)
                assert file is not None
                out[member.name.partition("/")[2]] = file.read().decode("utf-8", "replace")
    return out


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", f"--git-dir={folder}", *args], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


class Blobs:
    """Files of git copies at commits, read through one process for each repository."""

    def __init__(self, mirror: Path) -> None:
        self.mirror = mirror
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.unpacked: dict[tuple[str, str], dict[str, str]] = {}

    def __enter__(self) -> Blobs:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.communicate()

    def read(self, repo: str, commit: str, path: str) -> str | None:
        """The file's text, or None where the copy has no such file; FileNotFoundError where there is no copy."""
        if repo.startswith("pypi:"):
            if (repo, commit) not in self.unpacked:
                self.unpacked[repo, commit] = sdist_files(self.mirror, repo, commit)
            return self.unpacked[repo, commit].get(path)
        if repo not in self.running:
            command = ["git", f"--git-dir={git_dir(self.mirror, repo)}", "cat-file", "--batch"]
            # a partial copy is read as it is: nothing is fetched
            alone = {**os.environ, "GIT_NO_LAZY_FETCH": "1"}
            self.running[repo] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=alone)
        process = self.running[repo]
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{commit}:{path}\n".encode())
        process.stdin.flush()
        head = process.stdout.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            return None
        text = process.stdout.read(int(head[2])).decode("utf-8", "replace")
        process.stdout.read(1)
        return text


def load_texts(index: Path, mirror: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of an index with their texts, and a line for each row whose text could not be had."""
    rows, missing = [], []
    parsed: dict[tuple[str, str, str, str], dict[str, str]] = {}  # strings of a file by their sha256
    with Blobs(mirror) as blobs:
        for line in index.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            place = (row["repo"], row["commit"], row["path"], row["extract"])
            if place not in parsed:
                try:
                    source = blobs.read(*place[:3])
                except FileNotFoundError:
                    source = None
                found = strings_of(source, row["extract"], row["path"]) if source is not None else ()
                parsed[place] = {sha256(f.text): f.text for f in found}
            if row["sha256"] in parsed[place]:
                rows.append({**row, "text": parsed[place][row["sha256"]]})
            else:
                missing.append(f"{row['id']}: no such text in {row['repo']} {row['path']} at {row['commit'][:12]}")
    return rows, missing


def strings_of(source: str, extract: str, path: str = "") -> Iterator[Found]:
    how, _, key = extract.partition(":")
    if how in ("file", "jinja-file"):
        yield Found(Path(path).name, 1, source.count("\n") + 1, how, source)
    elif how == "yaml-key":
        yield from (f for f in yaml_strings(source) if key in ("", f.extract.partition(":")[2]))
    else:
        yield from python_strings(source)


def python_strings(source: str) -> Iterator[Found]:
    """Every string expression, taken whole, named after the variable, keyword, key, function or class that holds it."""

    def walk(node: ast.AST, holder: str) -> Iterator[Found]:
        text = string_value(node)
        if text is not None and isinstance(node, ast.expr):
            yield Found(holder, node.lineno, node.end_lineno or node.lineno, "python-string", text)
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            holder = node.name
        elif isinstance(node, ast.Assign):
            holder = value_name(node.targets[0])
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            holder = value_name(node.target)
        elif isinstance(node, ast.keyword) and node.arg:
            holder = f"{holder}.{node.arg}".lstrip(".")
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                named = isinstance(key, ast.Constant) and isinstance(key.value, str)
                yield from walk(value, f"{holder}.{key.value}".lstrip(".") if named else holder)  # type: ignore[union-attr]
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child, holder)

    yield from walk(ast.parse(source), "")


def value_name(node: ast.AST) -> str:
    """What to call a value that goes into a string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return value_name(node.value)
    if isinstance(node, (ast.Await, ast.Starred)):
        return value_name(node.value)
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        return value_name(first if isinstance(first, (ast.Name, ast.Attribute, ast.Subscript)) else node.func)
    return "value"


def string_value(node: ast.AST) -> str | None:
    """The text of a string expression with {name} for what varies, or None where it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(p.value) if isinstance(p, ast.Constant) else f"{{{value_name(p.value)}}}"  # type: ignore[attr-defined]
            for p in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [(n, string_value(n)) for n in (node.left, node.right)]
        if all(t is None for _, t in sides):
            return None
        return "".join(f"{{{value_name(n)}}}" if t is None else t for n, t in sides)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return string_value(node.left)
    return call_value(node) if isinstance(node, ast.Call) else None


def call_value(node: ast.Call) -> str | None:
    func = node.func
    called = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    if called == "join" and isinstance(func, ast.Attribute) and len(node.args) == 1:
        if not isinstance(node.args[0], (ast.List, ast.Tuple)):
            return None
        glue, parts = string_value(func.value), [(n, string_value(n)) for n in node.args[0].elts]
        if glue is None or all(t is None for _, t in parts):
            return None
        return glue.join(f"{{{value_name(n)}}}" if t is None else t for n, t in parts)
    if called in ("dedent", "cleandoc") and len(node.args) == 1:
        text = string_value(node.args[0])
        return text and (textwrap.dedent(text) if called == "dedent" else inspect.cleandoc(text))
    if isinstance(func, ast.Attribute) and called in TEXT_METHODS:
        return string_value(func.value)
    return None


def yaml_strings(source: str) -> Iterator[Found]:
    """Every scalar with its dotted key. Nodes only: nothing is constructed, so a stranger's tags do nothing."""

    def walk(node: yaml.Node, key: str) -> Iterator[Found]:
        if isinstance(node, yaml.ScalarNode):
            name = key.rsplit(".", 1)[-1]
            yield Found(name, node.start_mark.line + 1, node.end_mark.line + 1, f"yaml-key:{key}", node.value)
        elif isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                yield from walk(value, f"{key}.{name.value}".lstrip("."))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                yield from walk(value, f"{key}.{i}".lstrip("."))

    for document in yaml.compose_all(source, yaml.SafeLoader):
        if document is not None:
            yield from walk(document, "")

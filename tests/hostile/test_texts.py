"""Prompt and configuration files that code names, in every hostile shape: the call site stays."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.harness import SDK, check, lay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made with POSIX calls")
READ = SDK + b"""
import json, yaml, tomllib
from pathlib import Path
P = open("p").read()
client.chat.completions.create(model="m", messages=[{"role": "system", "content": P}])
C = json.load(open("c.json"))
client.chat.completions.create(model=C["model"], messages=[], **C)
Y = yaml.safe_load(open("c.yaml"))
client.chat.completions.create(model=Y["model"], messages=[], **Y)
T = tomllib.loads(Path("c.toml").read_text())
client.chat.completions.create(model=T["model"], messages=[], **T)
"""
SITES = [7, 9, 11, 13]


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def everywhere(content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        for name in ("p", "c.json", "c.yaml", "c.toml"):
            (folder / name).write_bytes(content)

    return make


def outside(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_text("TOP-SECRET " * 500)
    for name in ("p", "c.json", "c.yaml", "c.toml"):
        (folder / name).symlink_to(secret)


LAUGHS = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))  # fmt: skip  # noqa: E501
SHAPES: dict[str, Callable[[Path], object]] = {
    "FIFOs": lambda f: [os.mkfifo(f / n) for n in ("p", "c.json", "c.yaml", "c.toml")],
    "folders": lambda f: [(f / n).mkdir() for n in ("p", "c.json", "c.yaml", "c.toml")],
    "sparse": lambda f: [sparse(f / n) for n in ("p", "c.json", "c.yaml", "c.toml")],
    "devices": lambda f: [(f / n).symlink_to("/dev/zero") for n in ("p", "c.json", "c.yaml", "c.toml")],
    "circles": lambda f: [(f / n).symlink_to(n) for n in ("p", "c.json", "c.yaml", "c.toml")],
    "outside": outside,
    "binary": everywhere(bytes(range(256)) * 100),
    "latin-1": everywhere(b"\xe9" * 10_000),
    "laughs": everywhere(LAUGHS.encode()),
    "merge keys": everywhere(b"a: &a {model: x}\nb: {<<: *a, <<: [*a, *a]}\n<<: *a\n"),
    "an alias of itself": everywhere(b"&a [*a, *a]\n"),
    "python tags": everywhere(b"model: !!python/object/apply:os.system ['touch hacked']\n"),
    "100,000 brackets": everywhere(b"[" * 100_000),
    "900 closed brackets": everywhere(b"[" * 900 + b"]" * 900),
    "100,000 braces": everywhere(b"{model: " * 100_000),
    "100,000 indents": everywhere(b"- " * 100_000 + b"x"),
    "300,000 keys": everywhere(b"".join(b"k%d: 1\n" % n for n in range(25_000))),
    "dotted tables": everywhere(b"a." * 40_000 + b"b = 1\n"),
    "table headers": everywhere(b"[" + b"a." * 40_000 + b"b]\nmodel = 1\n"),
    "inline tables": everywhere(b"model = " + b"[" * 50_000),
    "huge number": everywhere(b'{"model": ' + b"9" * 100_000 + b"}"),
    "odd values": everywhere(b'{"model": NaN, "messages": Infinity, "max_tokens": -1e999, "": "\\ud800", "a": "\\u0000"}'),
    "odd keys": everywhere(b"? [a, b]\n: 1\n? {x: y}\n: 2\n1: 3\nnull: 4\n1.5: x\n2020-01-01: y\n"),
    "timestamps": everywhere(b"model: 9999-99-99\nb: 2020-01-01T00:00:00Z\nc: 0x_\nd: 1__0:60:60\n"),
    "long plain scalar": everywhere(b"model: " + b"a " * 140_000),
    "quotes never closed": everywhere(b"model: '" + b"a\n" * 100_000),
    "anchors": everywhere(b"".join(b"k%d: &a%d x\n" % (n, n) for n in range(20_000))),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_call_sites_survive_what_the_code_reads(tmp_path: Path, name: str) -> None:
    folder = lay(tmp_path / "project", {"app.py": READ})
    SHAPES[name](folder)
    outcome = check(folder, "--select", "output-cap")
    assert not outcome.report["errors"] and outcome.code == 1
    assert outcome.report["stats"]["call_sites"] == len(SITES) + 1
    assert "TOP-SECRET" not in outcome.out
    assert not (folder / "hacked").exists()


TEMPLATES = {"{{": "{{" * 200_000, "{%": "{%" * 200_000, "{{a": "{{ a" * 100_000, "{{   ": "{{" + " " * 400_000, "{{aaa": "{{" + "a" * 400_000}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_that_are_never_closed(tmp_path: Path, name: str) -> None:
    body = b"""
from jinja2 import Template
def ask(v): client.chat.completions.create(model="m", messages=[{"role": "system", "content": v}])
ask(Template(open("p").read()).render(a=1))
"""
    folder = lay(tmp_path / "project", {"app.py": SDK + body, "p": TEMPLATES[name]})
    outcome = check(folder, timeout=20)
    assert outcome.report["stats"]["call_sites"] == 2 and outcome.code == 1


PATHS = (
    "'../secret'", "'/etc/passwd'", "Path(__file__).parent.parent / 'secret'", "'a/../../secret'", "'link'", "'\\0'", "''",
    "'a' * 100000", "'x/' * 5000", "'\\ud800'", "Path('.') / '..' / '..' / 'etc'", "__file__", "Path('~').expanduser()",
    "'p' '\\n'", "b'p'", "0", "-1", "'C:\\\\x'", "'//host/share'", "Path('p', '/', 'q')", "Path(*x)", "Path(Path(Path('p')))",
    "Path('p').parent.parent.parent.parents[99999]", "Path('p').with_suffix('/').with_name('').joinpath(*x)", "'file:///etc/passwd'",
    "'**/*'", "Path('.').glob('**/*')", "sorted(Path('.').rglob('*'))[0]",
)  # fmt: skip


def test_paths_of_every_kind_are_read_below_the_root_or_not_at_all(tmp_path: Path) -> None:
    lines = [f"client.chat.completions.create(model=open({p}).read(), messages=[Path({p}).read_text()])" for p in PATHS]
    folder = lay(tmp_path / "project", {"app.py": SDK + b"from pathlib import Path\n" + "\n".join(lines).encode() + b"\n"})
    (folder.parent / "secret").write_text("TOP-SECRET")
    (folder / "link").symlink_to(folder.parent / "secret")
    outcome = check(folder)
    assert outcome.report["stats"]["call_sites"] == len(PATHS) + 1
    assert "TOP-SECRET" not in outcome.out and "root:" not in outcome.out

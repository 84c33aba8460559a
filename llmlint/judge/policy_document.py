"""A policy file → `Document`: plain data that has the schema's shape, with the line of every key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, NoReturn

from llmlint.bundled import bundled
from llmlint.errors import PolicyError
from llmlint.judge.policy_schema import Key, nearest, problems
from llmlint.light import dataclass

NAMES = ("llmlint.yaml", ".llmlint.yaml", "llmlint.yml", ".llmlint.yml")
PYPROJECT = "pyproject.toml"
MAX_BYTES = 1_000_000
PACKS = ("default", "strict", "advisory", "prices/reference-2026")


@dataclass(frozen=True, slots=True)
class Document:
    """One policy file. shown: its name in messages. file: where it is. pack: the name of a built-in pack, else None."""

    shown: str
    file: Path
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Key, int] = field(default_factory=dict)
    pack: str | None = None

    def line(self, key: Key) -> int | None:
        """The line of a key, else of the nearest thing around it that has one."""
        while key not in self.lines and key:
            key = key[:-1]
        return self.lines.get(key)

    def origin(self, key: Key) -> str:
        """Where a value comes from: "llmlint.yaml:12" or "default (built in)"."""
        line = self.line(key)
        return f"{self.pack} (built in)" if self.pack else f"{self.shown}:{line}" if line else self.shown

    def error(self, key: Key, message: str, mend: str) -> PolicyError:
        return PolicyError(message, self.shown, self.line(key), mend)


def find_document(root: Path) -> Document | None:
    """The nearest policy at or above `root`: llmlint.yaml, else the table in pyproject.toml. Unchecked."""
    for folder in (root, *root.parents):
        for name in NAMES:
            if os.path.lexists(folder / name):
                return open_document(folder / name)
        found = in_pyproject(folder / PYPROJECT)
        if found is not None:
            return found
    return None


def in_pyproject(file: Path) -> Document | None:
    """None where the file does not speak of llmlint, however broken it may be."""
    from llmlint.judge.policy_toml import MENTION, read_toml

    if not file.is_file():
        return None
    data = _bytes(file)
    if b"llmlint" not in data:
        return None
    if len(data) > MAX_BYTES:
        if MENTION.search(data):
            _too_large(file)
        return None
    try:
        found = read_toml(_text(data, file), display(file))
    except PolicyError:
        if MENTION.search(data):
            raise
        return None
    return None if found is None else Document(display(file), file, *_table(*found, file))


def open_document(file: Path, pack: str | None = None) -> Document:
    """The file, whatever it is called; its shape is not yet checked. Raises PolicyError."""
    if file.is_dir():
        raise PolicyError("is a directory, not a policy", display(file), None, "name the file inside it")
    if not file.exists():
        link = "a broken link" if file.is_symlink() else "there is no such file"
        raise PolicyError(link, display(file), None, "`llmlint init` writes a policy")
    if not file.is_file():
        raise PolicyError("is not a regular file", display(file), None, "name a YAML file")
    data = _bytes(file)
    if len(data) > MAX_BYTES:
        _too_large(file)
    text = _text(data, file)
    if file.suffix == ".toml":
        from llmlint.judge.policy_toml import read_toml

        found = read_toml(text, display(file))
        if found is None:
            raise PolicyError("has no table [tool.llmlint]", display(file), None, "add it, or name another file")
    else:
        from llmlint.judge.compiled_packs import read_pack

        found = read_pack(file, data) if file.parent == bundled("policies") else None
        if found is None:
            from llmlint.judge.yaml_text import read_yaml

            found = read_yaml(text, display(file), PolicyError)
    return Document(display(file), file, *_table(*found, file), pack)


def _too_large(file: Path) -> NoReturn:
    raise PolicyError("is larger than 1 MB", display(file), None, "a policy is a page; split or shorten it")


def _table(data: Any, lines: Mapping[Key, int], file: Path) -> tuple[Mapping[str, Any], Mapping[Key, int]]:
    if data is None:
        return {}, lines
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        message, mend = f"must be a mapping of keys to values, not {kind}", "for example `fail_on: error`"
        raise PolicyError(message, display(file), lines.get(()), mend)
    return data, lines


def _bytes(file: Path) -> bytes:
    """At most one byte more than is allowed."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise PolicyError(f"cannot be read: {why}", display(file), None, "or name another --policy") from None


def _text(data: bytes, file: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError("is not UTF-8", display(file), line, "save it as UTF-8") from None


def errors_in(document: Document) -> list[PolicyError]:
    """All that the schema has against it, by line."""
    found = [document.error(p.key, p.message, p.mend) for p in problems(dict(document.data))]
    return sorted(found, key=lambda e: e.line or 0)


def pack_file(name: str) -> Path:
    return bundled("policies") / f"{name}.yaml"


def extended_file(name: str, document: Document, key: Key) -> tuple[Path, str | None]:
    """(file, pack) that an entry of `extends` means."""
    if name in PACKS:
        return pack_file(name), name
    if "/" not in name and "\\" not in name and not name.endswith((".yaml", ".yml", ".toml")):
        return _installed(name, document, key), None
    file = Path(os.path.abspath(document.file.parent / Path(name).expanduser()))  # noqa: PTH100 - links stay links
    if file.is_dir():
        file = next((file / known for known in NAMES if (file / known).is_file()), file / NAMES[0])
        name = f"{name.rstrip('/')}/{file.name}"
    if not file.is_file():
        raise document.error(key, f"extends: {name} is no file", "the path is relative to this policy")
    return file, None


def _installed(name: str, document: Document, key: Key) -> Path:
    """The policy file of an installed pack."""
    from llmlint.judge.packs import installed_packs, pack_policy

    packs = installed_packs()
    named = [pack for pack in packs if pack.name == name]
    if not named:
        mend = f"{nearest(name, [*PACKS, *dict.fromkeys(p.name for p in packs)])} A file is ./{name}.yaml"
        raise document.error(key, f"extends: there is no pack {name!r}", mend)
    if len(named) > 1:
        owners = " and ".join(pack.package for pack in named)
        raise document.error(key, f"extends: {owners} both bring a pack {name!r}", "uninstall one of them")
    try:
        return pack_policy(named[0])
    except PolicyError as error:
        raise document.error(key, f"extends: {error.message}", error.mend or "") from None


def display(file: Path) -> str:
    """Relative to the current folder where it is below it."""
    try:
        return file.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(file)

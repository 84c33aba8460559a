"""The configuration files of a project → where schedules enter its Python code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import PurePosixPath

from llmlint.scan.terraform import resources
from llmlint.schedules.commands import Commands
from llmlint.schedules.records import Read, Scheduled, Start
from llmlint.schedules.text_formats import from_crontab, from_json, from_terraform, from_timer
from llmlint.schedules.yaml_formats import from_yaml

MAX_FILES = 5_000
IMAGE_START = re.compile(r"^\s*(ENTRYPOINT|CMD)\s+(.+)$", re.MULTILINE | re.IGNORECASE)


def find_starts(configs: Sequence[str], files: Sequence[str], read: Read) -> tuple[Start, ...]:
    """configs: configuration files, files: Python files, both relative to the root. A broken file starts nothing."""
    commands = Commands(files, configs, read)
    out: dict[tuple[str, str], Start] = {}
    for scheduled in scheduled_by(configs, read):
        where = f"{scheduled.path}:{scheduled.line}"
        if scheduled.entry:
            found = commands.entry(scheduled.entry, scheduled.folder)
        else:
            found = commands.started(scheduled.command or image_command(configs, read), scheduled.folder)
        for one in found:
            start = Start(scheduled.by, where, scheduled.every, one.path, one.function)
            out.setdefault((one.path, one.function), start)
    return tuple(out.values())


def scheduled_by(configs: Sequence[str], read: Read) -> Iterator[Scheduled]:
    """Everything that runs by the clock, file by file."""

    @cache
    def resources_of(folder: PurePosixPath) -> dict[tuple[str, str], str]:
        paths = [p for p in configs if p.endswith(".tf") and PurePosixPath(p).parent == folder]
        return {(found.kind, found.name): found.body for p in paths for found in resources(read(p) or "")}

    for path in configs[:MAX_FILES]:
        place = PurePosixPath(path)
        name, suffix = place.name, place.suffix
        if suffix in (".yml", ".yaml"):
            yield from from_yaml(path, read(path) or "")
        elif name in ("vercel.json", "function.json"):
            yield from from_json(path, read(path) or "")
        elif name in ("template.json", "serverless.json"):
            yield from from_yaml(path, read(path) or "")
        elif "crontab" in name or suffix == ".cron" or place.parent.name == "cron.d":
            yield from from_crontab(path, read(path) or "")
        elif suffix == ".timer":
            yield from from_timer(path, read(path) or "", read)
        elif suffix == ".tf":
            yield from from_terraform(path, read(path) or "", resources_of(place.parent))


def image_command(configs: Sequence[str], read: Read) -> str:
    """What the project's image runs, where it has one Dockerfile: the container of a schedule may name no command."""
    files = [path for path in configs if PurePosixPath(path).name == "Dockerfile"]
    if len(files) != 1:
        return ""
    last: dict[str, str] = {}
    for kind, text in IMAGE_START.findall(read(files[0]) or ""):
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', text) if text.lstrip().startswith("[") else [text]
        last[kind.upper()] = " ".join(words)
    return " ".join(last[kind] for kind in ("ENTRYPOINT", "CMD") if kind in last)

"""Files in formats of their own that keep a clock → the commands that they run: crontab, systemd, Terraform, JSON, …"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from llmlint.scan.terraform import resources
from llmlint.scan.tree import children, documents, get, line_of, text_of
from llmlint.schedules.records import Read, Scheduled

FIELD = r"[\d*,/\-A-Za-z?]+"
CRON_LINE = re.compile(rf"^\s*(@\w+|(?:{FIELD}\s+){{4}}{FIELD})\s+(.+)$")
SYSTEM_USER = re.compile(r"^[a-z_][\w-]*\s+")
SETTING = re.compile(r'^\s*(\w+)\s*=\s*"?([^"\n]*)"?\s*$', re.MULTILINE)
CLOCKS = {
    "aws_cloudwatch_event_rule": "aws-eventbridge", "aws_scheduler_schedule": "aws-eventbridge",
    "google_cloud_scheduler_job": "google-cloud-scheduler",
}  # fmt: skip
REFERENCE = re.compile(r"\b(aws_\w+|google_\w+|azurerm_\w+)\.([\w-]+)\.")


def from_crontab(path: str, text: str) -> Iterator[Scheduled]:
    """A crontab; in /etc/cron.d and /etc/crontab a user stands before the command."""
    system = "cron.d/" in path or path.endswith("etc/crontab")
    for number, line in enumerate(text.splitlines(), 1):
        found = CRON_LINE.match(line)
        if found and not line.lstrip().startswith("#"):
            command = SYSTEM_USER.sub("", found[2], count=1) if system else found[2]
            yield Scheduled("cron", path, number, " ".join(found[1].split()), command)


def from_timer(path: str, text: str, read: Read) -> Iterator[Scheduled]:
    """A systemd timer and the service that it starts."""
    lines = text.splitlines()
    clock = [(n, line.partition("=")[2].strip()) for n, line in enumerate(lines, 1)
             if line.startswith(("OnCalendar=", "OnUnitActiveSec=", "OnBootSec="))]  # fmt: skip
    unit = next((line.partition("=")[2].strip() for line in lines if line.startswith("Unit=")), "")
    place = PurePosixPath(path)
    service = read(str(place.with_name(unit) if unit else place.with_suffix(".service")))
    if not clock or service is None:
        return
    folder = next((s.partition("=")[2].strip() for s in service.splitlines() if s.startswith("WorkingDirectory=")), "")
    for line in service.splitlines():
        if line.startswith("ExecStart="):
            number, every = clock[0]
            yield Scheduled("systemd-timer", path, number, every, line.partition("=")[2].lstrip("-@+!:"), folder)


def from_terraform(path: str, text: str, known: Mapping[tuple[str, str], str]) -> Iterator[Scheduled]:
    """A rule by the clock → the function that it targets, by the references between the resources of one folder.

    known: the bodies of the folder's resources by type and name.
    """
    for rule in resources(text):
        settings = dict(SETTING.findall(rule.body))
        every = settings.get("schedule_expression") or settings.get("schedule") or ""
        told = CLOCKS.get(rule.kind)
        if told is None or not every:
            continue
        at = rule.line + next((i for i, row in enumerate(rule.body.split("\n")) if every in row), 0)
        itself = f"{rule.kind}.{rule.name}."
        aimed = [b for (k, _), b in known.items() if k == "aws_cloudwatch_event_target" and itself in b]
        targets = dict.fromkeys(ref for body in (rule.body, *aimed) for ref in REFERENCE.findall(body))
        topics = [f"{kind}.{name}." for kind, name in targets if kind == "google_pubsub_topic"]
        heard = [key for key, b in known.items() if key[0].startswith("google_cloudf") and any(t in b for t in topics)]
        for target in dict.fromkeys((*targets, *heard)):
            function = dict(SETTING.findall(known.get(target, "")))
            entry = function.get("handler") or function.get("entry_point")
            if entry:  # Google names the function alone; it stands in main.py
                entry = entry if "." in entry else f"main.{entry}"
                yield Scheduled(told, path, at, every, "", "", entry)
        if "uri" in settings:
            yield Scheduled(told, path, at, every, f"curl '{settings['uri']}'")


def from_json(path: str, text: str) -> Iterator[Scheduled]:
    """vercel.json, and function.json of Azure."""
    name, folder = PurePosixPath(path).name, str(PurePosixPath(path).parent)
    for root in documents(text):
        if name == "vercel.json":
            for cron in children(get(root, "crons")):
                schedule, where = get(cron, "schedule"), text_of(get(cron, "path")).strip("/").partition("?")[0]
                if schedule is not None and where:
                    command = f"python {where}.py; curl /{where}"
                    yield Scheduled("vercel-cron", path, line_of(schedule), text_of(schedule), command, folder)
        elif name == "function.json":
            for binding in children(get(root, "bindings")):
                schedule = get(binding, "schedule")
                if text_of(get(binding, "type")) == "timerTrigger" and schedule is not None:
                    script = text_of(get(root, "scriptFile")) or "__init__.py"
                    entry = f"{PurePosixPath(script).with_suffix('')}.{text_of(get(root, 'entryPoint')) or 'main'}"
                    yield Scheduled("azure-timer", path, line_of(schedule), text_of(schedule), "", folder, entry)

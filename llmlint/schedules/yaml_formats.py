"""YAML files that keep a clock → the commands that they run: Kubernetes, GitHub, GitLab, serverless, SAM, compose, …"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from llmlint.scan.tree import Node, children, documents, get, items, line_of, mappings, text_of, texts
from llmlint.schedules.records import Scheduled

# words one of which a file must hold to be parsed at all
WORDS = (
    "CronJob", "CronWorkflow", "schedule", "cron", "ofelia", "Schedule", "timerTrigger",
)  # fmt: skip


def from_yaml(path: str, text: str) -> Iterator[Scheduled]:
    """Everything that a YAML (or JSON) file schedules."""
    if not any(word in text for word in WORDS):
        return
    name = PurePosixPath(path).name
    for root in documents(text):
        if get(root, "kind") is not None:
            yield from kubernetes(path, root)
        elif "/.github/workflows/" in f"/{path}":
            yield from github(path, root)
        elif name.startswith(".gitlab-ci") or "/.gitlab" in f"/{path}":
            yield from gitlab(path, root)
        elif name.startswith("azure-pipelines"):
            yield from azure_pipelines(path, root)
        elif get(root, "services") is not None and name.startswith(("docker-compose", "compose")):
            yield from compose(path, root)
        elif get(root, "services") is not None and name == "render.yaml":
            yield from render(path, root)
        elif name == "cron.yaml":
            yield from app_engine(path, root)
        elif get(root, "functions") is not None:
            yield from serverless(path, root)
        elif get(root, "Resources") is not None:
            yield from sam(path, root)
        elif get(root, "jobs") is not None and "/.circleci/" in f"/{path}":
            yield from circleci(path, root)
        else:
            yield from values_of_charts(path, root)


def command_of(container: Node) -> str:
    """`command` and `args` of a container as shell text."""
    words = [*texts(get(container, "command")), *texts(get(container, "args"))]
    return shlex.join(words) if len(words) > 1 else "".join(words)


def kubernetes(path: str, root: Node) -> Iterator[Scheduled]:
    kind = text_of(get(root, "kind"))
    if kind == "List":
        for child in children(get(root, "items")):
            yield from kubernetes(path, child)
    if kind not in ("CronJob", "CronWorkflow", "ScheduledSparkApplication"):
        return
    spec = get(root, "spec")
    if spec is None:
        return
    schedule = get(spec, "schedule") or next(iter(children(get(spec, "schedules"))), None)
    every = text_of(schedule)
    line = line_of(schedule) if schedule is not None else line_of(root)
    for mapping in mappings(spec):
        if get(mapping, "image") is not None:
            folder = text_of(get(mapping, "workingDir"))
            yield Scheduled(f"kubernetes-{kind.lower()}", path, line, every, command_of(mapping), folder)


def github(path: str, root: Node) -> Iterator[Scheduled]:
    on = get(root, "on") or get(root, "true")
    found = get(on, "schedule") if on is not None else None
    crons = [cron for entry in children(found) if (cron := get(entry, "cron")) is not None]
    if not crons:
        return
    line, every = line_of(crons[0]), text_of(crons[0])
    shared = text_of(get(root, "defaults", "run", "working-directory"))
    for _, job, _ in items(get(root, "jobs")):
        folder = text_of(get(job, "defaults", "run", "working-directory")) or shared
        for step in children(get(job, "steps")):
            command = text_of(get(step, "run"))
            if command:
                here = text_of(get(step, "working-directory")) or folder
                yield Scheduled("github-actions", path, line, every, command, here)


def gitlab(path: str, root: Node) -> Iterator[Scheduled]:
    """A job that runs in scheduled pipelines alone; their times are kept by the server, not by the file."""
    for name, job, _ in items(root):
        only = [text for key in ("only", "refs") for text in texts(get(job, key))]
        rules = [text_of(get(rule, "if")) for rule in children(get(job, "rules"))]
        by_clock = "schedules" in [*only, *texts(get(job, "only", "refs"))] or any(
            "CI_PIPELINE_SOURCE" in rule and "schedule" in rule and "!=" not in rule for rule in rules
        )
        if by_clock and not name.startswith("."):
            command = "\n".join([*texts(get(job, "before_script")), *texts(get(job, "script"))])
            yield Scheduled("gitlab-schedule", path, line_of(job), "", command)


def azure_pipelines(path: str, root: Node) -> Iterator[Scheduled]:
    crons = [cron for entry in children(get(root, "schedules")) if (cron := get(entry, "cron")) is not None]
    for mapping in mappings(root) if crons else ():
        command = text_of(get(mapping, "script")) or text_of(get(mapping, "bash"))
        if command:
            yield Scheduled("azure-pipelines", path, line_of(crons[0]), text_of(crons[0]), command)


def circleci(path: str, root: Node) -> Iterator[Scheduled]:
    for _, workflow, _ in items(get(root, "workflows")):
        crons = [get(trigger, "schedule", "cron") for trigger in children(get(workflow, "triggers"))]
        cron = next((c for c in crons if c is not None), None)
        if cron is None:
            continue
        for entry in children(get(workflow, "jobs")):
            names = [text_of(entry)] if text_of(entry) else [key for key, _, _ in items(entry)]
            for step in [s for n in names for s in children(get(root, "jobs", n, "steps"))]:
                command = text_of(get(step, "run")) or text_of(get(step, "run", "command"))
                if command:
                    yield Scheduled("circleci", path, line_of(cron), text_of(cron), command)


def compose(path: str, root: Node) -> Iterator[Scheduled]:
    """Ofelia's labels, and a `command` of a service that itself has a clock is the program's own matter."""
    folder = str(PurePosixPath(path).parent)
    for _, service, _ in items(get(root, "services")):
        labels = get(service, "labels")
        pairs = {key: (text_of(value), line_of(value)) for key, value, _ in items(labels)}
        for label in children(labels):
            key, _, value = text_of(label).partition("=")
            pairs[key.strip()] = (value.strip().strip('"'), line_of(label))
        for key, (every, line) in pairs.items():
            if key.startswith("ofelia.") and key.endswith(".schedule"):
                command = pairs.get(key.removesuffix("schedule") + "command", ("", 0))[0]
                yield Scheduled("ofelia", path, line, every, command or command_of(service), folder)
            elif key.startswith("swarm.cronjob.schedule"):
                yield Scheduled("swarm-cronjob", path, line, every, command_of(service), folder)


def render(path: str, root: Node) -> Iterator[Scheduled]:
    for service in children(get(root, "services")):
        schedule = get(service, "schedule")
        if text_of(get(service, "type")) == "cron" and schedule is not None:
            command = text_of(get(service, "startCommand")) or text_of(get(service, "dockerCommand"))
            folder = text_of(get(service, "rootDir"))
            yield Scheduled("render-cron", path, line_of(schedule), text_of(schedule), command, folder)


def app_engine(path: str, root: Node) -> Iterator[Scheduled]:
    """App Engine's cron.yaml: which URL is asked how often."""
    for entry in children(get(root, "cron")):
        schedule, url = get(entry, "schedule"), text_of(get(entry, "url"))
        if schedule is not None and url:
            yield Scheduled("app-engine-cron", path, line_of(schedule), text_of(schedule), f"curl {shlex.quote(url)}")


def serverless(path: str, root: Node) -> Iterator[Scheduled]:
    folder = str(PurePosixPath(path).parent)
    for _, function, _ in items(get(root, "functions")):
        for event in children(get(function, "events")):
            schedule = get(event, "schedule")
            if schedule is not None:
                every = text_of(schedule) or " ".join(texts(get(schedule, "rate")))
                handler = text_of(get(function, "handler"))
                yield Scheduled("aws-eventbridge", path, line_of(schedule), every, "", folder, handler)


def sam(path: str, root: Node) -> Iterator[Scheduled]:
    parent = str(PurePosixPath(path).parent)
    for _, resource, _ in items(get(root, "Resources")):
        properties = get(resource, "Properties")
        for _, event, _ in items(get(properties, "Events")) if properties is not None else ():
            if text_of(get(event, "Type")) in ("Schedule", "ScheduleV2"):
                schedule = get(event, "Properties", "Schedule") or get(event, "Properties", "ScheduleExpression")
                if schedule is not None:
                    folder = str(PurePosixPath(parent) / text_of(get(properties, "CodeUri")))
                    handler = text_of(get(properties, "Handler"))
                    yield Scheduled("aws-eventbridge", path, line_of(schedule), text_of(schedule), "", folder, handler)


def values_of_charts(path: str, root: Node) -> Iterator[Scheduled]:
    """Values of a Helm chart and the like: a mapping with both a `schedule` and a `command`."""
    for mapping in mappings(root):
        schedule = get(mapping, "schedule") or get(mapping, "cron")
        every = text_of(schedule)
        if schedule is not None and is_cron(every) and command_of(mapping):
            yield Scheduled("cron", path, line_of(schedule), every, command_of(mapping))


def is_cron(text: str) -> bool:
    """`0 3 * * *`, `@daily`, `every 5 minutes`, `rate(1 hour)`."""
    if text.startswith(("@", "rate(", "cron(", "every ")):
        return True
    fields = text.split()
    return len(fields) in (5, 6, 7) and all(field[:1] in "0123456789*?" or field.isalpha() for field in fields)

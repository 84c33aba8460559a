"""Shell text → the Python code that it starts: files, modules, console scripts, Django's commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from llmlint.light import dataclass
from llmlint.schedules.records import Read
from llmlint.schedules.routes import answering, path_of, routes_in

MAX_DEPTH = 4  # scripts that call scripts
MAX_COMMANDS = 200
SEPARATORS = frozenset({"&&", "||", ";", "|", "&", "(", ")", "then", "do", "else", "{", "}"})
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
PYTHON = re.compile(r"^(python|python\d(\.\d+)?|py|pypy3?)(\.exe)?$")
# what only starts something else; the number of words of its own that follow, besides options
PREFIXES = {
    "sudo": 0, "exec": 0, "time": 0, "nohup": 0, "nice": 0, "env": 0, "setsid": 0, "chronic": 0, "xvfb-run": 0, "if": 0,
    "stdbuf": 0, "ionice": 0, "command": 0, "timeout": 1, "flock": 1, "cronitor": 2, "gosu": 1, "su-exec": 1,
    "dotenv": 1, "ddtrace-run": 0, "opentelemetry-instrument": 0, "newrelic-admin": 1, "doppler": 1, "chamber": 2,
}  # fmt: skip
RUNNERS = frozenset({"poetry", "uv", "pipenv", "pdm", "hatch", "rye", "conda", "micromamba", "pixi", "rav"})
TAKES_VALUE = frozenset({
    "-n", "-p", "-e", "-u", "-w", "-c", "-k", "-s", "-X", "-W", "-f", "--name", "--with", "--env-file", "--python",
    "--project", "--directory", "--user", "--workdir", "--env", "--extra", "--group", "--file", "--signal", "-E", "-C",
})  # fmt: skip
ASKERS = frozenset({"curl", "wget", "http", "https", "xh"})  # they send a request to a URL
ASKS = frozenset({"--version", "--help", "-h", "-V"})  # a program that is asked for these does nothing else
SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ash"})


@dataclass(frozen=True, slots=True)
class Started:
    """A file that is run, or a function of it that is called."""

    path: str
    function: str = ""


class Commands:
    """How the commands of one project are understood. files: its Python files; others: its configuration files."""

    def __init__(self, files: Sequence[str], others: Sequence[str], read: Read) -> None:
        self.files, self.others, self.read = frozenset(files), frozenset(others), read

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for file in sorted(self.files | self.others):
            out.setdefault(PurePosixPath(file).name, []).append(file)
        return out

    @cached_property
    def routes(self) -> dict[str, list[tuple[str, str]]]:
        """Asked where a schedule asks a URL: every Python file is read for it."""
        return routes_in(sorted(self.files), self.read)

    def started(self, text: str, folder: str = "", depth: int = 0) -> Iterator[Started]:
        """Everything that the shell text starts, in order."""
        if depth > MAX_DEPTH:
            return
        for words in list(simple_commands(text))[:MAX_COMMANDS]:
            if words[0] == "cd" and len(words) > 1:
                folder = joined(folder, words[1])
                continue
            yield from self.of_words(words, folder, depth)

    def of_words(self, words: list[str], folder: str, depth: int) -> Iterator[Started]:
        words = without_prefixes(words)
        if not words or ASKS & set(words[1:]):
            return
        name, rest = PurePosixPath(words[0]).name, words[1:]
        if PYTHON.match(name):
            yield from self.of_python(rest, folder)
        elif name in SHELLS or name in (".", "source"):
            inline = next((rest[i + 1] for i, w in enumerate(rest[:-1]) if re.fullmatch(r"-[a-z]*c", w)), None)
            if inline is not None:
                yield from self.started(inline, folder, depth + 1)
            else:
                yield from self.of_script(next((w for w in rest if not w.startswith("-")), ""), folder, depth)
        elif name == "make":
            targets = [w for w in rest if not w.startswith("-") and "=" not in w]
            yield from self.of_make(targets or [""], folder, depth)
        elif words[0].endswith(".py"):
            yield from self.of_file(words[0], folder, rest)
        elif words[0].endswith(".sh") or "/" in words[0]:
            yield from self.of_script(words[0], folder, depth)
        elif name == "django-admin" and rest:
            yield from self.of_django(rest[0])
        elif name in ASKERS:
            for url in (w for w in rest if "/" in w):
                found = answering(url, self.routes) if path_of(url) else None
                if found is not None:
                    yield Started(*found)
        elif name in self.scripts:
            yield from self.entry(self.scripts[name], "")

    def of_python(self, rest: list[str], folder: str) -> Iterator[Started]:
        i = 0
        while i < len(rest) and rest[i].startswith("-"):
            if rest[i] == "-m" and i + 1 < len(rest):
                module = rest[i + 1].replace(".", "/")
                path = self.place(f"{module}.py", folder) or self.place(f"{module}/__main__.py", folder)
                if path:
                    yield Started(path)
                return
            if rest[i] == "-c":
                return
            i += 2 if rest[i] in ("-W", "-X") else 1
        if i < len(rest):
            yield from self.of_file(rest[i], folder, rest[i + 1 :])

    def of_file(self, name: str, folder: str, rest: list[str]) -> Iterator[Started]:
        if PurePosixPath(name).name == "manage.py" and rest:
            yield from self.of_django(rest[0])
            return
        path = self.place(name, folder)
        if path:
            yield Started(path)

    def of_django(self, command: str) -> Iterator[Started]:
        for file in self.by_name.get(f"{command}.py", ()):
            if file.endswith(f"management/commands/{command}.py"):
                yield Started(file, "Command.handle")

    def of_script(self, name: str, folder: str, depth: int) -> Iterator[Started]:
        path = self.place(name, folder) if name else None
        text = self.read(path) if path else None
        if text is None:
            return
        if path and path in self.files:
            yield Started(path)
        else:
            yield from self.started(text, folder, depth + 1)

    def of_make(self, targets: Sequence[str], folder: str, depth: int) -> Iterator[Started]:
        path = next((p for n in ("Makefile", "makefile", "GNUmakefile") if (p := self.place(n, folder))), None)
        text = self.read(path) if path else None
        if text is None or depth > MAX_DEPTH:
            return
        for recipe in recipes(text, targets):
            yield from self.started(recipe, folder, depth + 1)

    def entry(self, dotted: str, folder: str) -> Iterator[Started]:
        """`app.main:run`, `app.main.handler`, `app/main.handler` → the function."""
        module, _, function = dotted.partition(":") if ":" in dotted else dotted.rpartition(".")
        way = module.replace(".", "/") if "/" not in module else module
        path = self.place(f"{way}.py", folder) or self.place(f"{way}/__init__.py", folder)
        if path and function:
            yield Started(path, function)

    @cached_property
    def scripts(self) -> dict[str, str]:
        """Console scripts of the project: name → "module:function"."""
        out: dict[str, str] = {}
        for file in sorted(self.by_name.get("pyproject.toml", ())):
            out.update(scripts_of(self.read(file) or ""))
        for file in (*self.by_name.get("setup.cfg", ()), *self.by_name.get("setup.py", ())):
            found = re.findall(r"""^\s*["']?([\w.-]+)\s*=\s*([\w.]+:[\w.]+)""", self.read(file) or "", re.MULTILINE)
            out.update({name: target for name, target in found if name not in out})
        return out

    def place(self, name: str, folder: str) -> str | None:
        """A file of the project by the name that a command gives it. A container's folders are not the project's, so
        the longest end of the way that only one file has will do; where two have it nothing is said."""
        absolute = name.startswith(("/", "$"))
        known = self.files | self.others
        for start in (folder, ""):
            path = joined(start, name)
            if path in known:
                return path
        parts = [part for part in joined("", name).split("/") if part]
        for i in range(len(parts) if absolute else 1):
            end = "/".join(parts[i:])
            if end in known:
                return end
            found = [file for file in self.by_name.get(parts[-1], ()) if file.endswith("/" + end)]
            if found and (len(found) == 1 or i == len(parts) - 1):
                return found[0] if len(found) == 1 else None
        return None


def simple_commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell text, each as its words; what cannot be read is left out."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            continue
        command: list[str] = []
        for word in [*words, ";"]:
            if word in SEPARATORS or (word and not word.strip("();|&")):
                if command:
                    yield command
                command = []
            else:
                command.append(word)


def without_prefixes(words: list[str]) -> list[str]:
    while words:
        name = PurePosixPath(words[0]).name
        if ASSIGNMENT.match(words[0]) or words[0] in ("@", "-", "!"):
            words = words[1:]
        elif words[0][:1] in "@-!" and len(words[0]) > 1:
            words = [words[0].lstrip("@-!"), *words[1:]]
        elif name in RUNNERS and "run" in words[1:3]:
            words = without_options(words[words.index("run") + 1 :])
        elif name in PREFIXES:
            words = without_options(words[1:])[PREFIXES[name] :]
            words = words[1:] if words[:1] == ["--"] else words
        elif name in ("docker", "docker-compose", "podman", "kubectl") and {"run", "exec"} & set(words):
            verb = next(i for i, w in enumerate(words) if w in ("run", "exec"))
            words = without_options(words[verb + 1 :])[1:]
        else:
            return words
    return words


def without_options(words: list[str]) -> list[str]:
    while words and words[0].startswith("-") and words[0] != "--":
        words = words[2:] if words[0] in TAKES_VALUE else words[1:]
    return words[1:] if words[:1] == ["--"] else words


def recipes(text: str, targets: Sequence[str]) -> Iterator[str]:
    """The recipes of targets of a Makefile and of what they need."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("\t"):
            current.append(line.strip().lstrip("@-"))
        elif found := re.match(r"^([\w./ -]+?)\s*::?(?!=)\s*(.*)$", line):
            current = []
            for name in found[1].split():
                rules.setdefault(name, (found[2].partition("#")[0].split(), current))
    todo = [t or next((n for n in rules if not n.startswith(".")), "") for t in targets]
    seen: set[str] = set()
    while todo:
        name = todo.pop(0)
        if name in seen or name not in rules:
            continue
        seen.add(name)
        needs, recipe = rules[name]
        todo += needs
        yield "\n".join(recipe)


def scripts_of(text: str) -> dict[str, str]:
    """`[project.scripts]` and Poetry's of a pyproject.toml."""
    from llmlint.scan.toml import load_toml

    try:
        data: Any = load_toml(text)
    except (ValueError, RecursionError):
        return {}
    out: dict[str, str] = {}
    for way in (("project", "scripts"), ("tool", "poetry", "scripts")):
        table = data
        for key in way:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict):
            out.update({name: target for name, target in table.items() if isinstance(target, str)})
    return out


def joined(folder: str, name: str) -> str:
    """A way below the root without `.` and `..`; what leads out of it stays below it."""
    parts: list[str] = []
    base = [] if name.startswith("/") else folder.split("/")
    for part in [*base, *name.split("/")]:
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)

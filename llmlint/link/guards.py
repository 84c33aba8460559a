"""The functions between an entry and a request → the limiter, the cache and the tracer that stand on the way.

What is looked for is told twice: what certainly stands there, and whether anything at all may. The second is asked of
the whole project, by its text, for a middleware covers handlers that do not name it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from llmlint.light import dataclass
from llmlint.link.callers import Callers, is_test
from llmlint.link.entries import VERBS
from llmlint.link.flow import unit_of
from llmlint.link.frameworks import Framework, Frameworks
from llmlint.link.names import key_of, unit_names
from llmlint.link.project import FuncInfo, Module, module_of
from llmlint.link.uses import uses

# a team's own: names that say what they do. Not the errors of a provider's limit, nor caches of prompts
OWN = {
    "limiter": re.compile(
        r"rate_?limit(?!_?(err|exc|hit|delay|wait|sleep|retry|status|reset|header|response))(?!\w*(error|exception))"
        r"|throttl(?!\w*(error|exception))|(?<!token_)(?<!thinking_)budget(?!_?tokens)|(?<![a-z])limiter|quota(?!\w*(error|exception|exceeded))|usage_?limit"
        r"|credits?_?(check|limit)|(check|verify|consume|deduct)_?\w*(credit|usage|balance|limit)"
        r"|(daily|hourly|weekly|monthly|per_?user)_?\w*(allowed|allowance|limit|max|cap)"
        r"|(allowed|limit|max)\w*_per_(user|hour|day|week|month)",
        re.I),
    "cache": re.compile(
        r"^(?!\w*(control|creation|token|_dir|prompt|no_cache|point|write|cost|enabled?$|price))"
        r"\w*((?<![a-zA-Z])(cached?|redis|memcached|memoi[sz]ed?)(?![a-z])|Cache(?=[A-Z]|$))", re.ASCII),
    "tracer": re.compile(
        r"(track|record|log|save|report|capture|count|update|add)_?\w*(usage|cost|tokens|spend)"
        r"|(usage|cost|token)_?(track|logger|callback|meter|recorder|metrics)",
        re.I),
}  # fmt: skip
# where whole programs are guarded: files with one of these words are looked through
WIRING = frozenset({"add_middleware", "middleware", "MIDDLEWARE", "before_request", "include_router", "Middleware",
                    "DEFAULT_THROTTLE_CLASSES", "DEFAULT_THROTTLE_RATES", "BaseHTTPMiddleware"})  # fmt: skip
# a program that serves whoever sits at the machine, unless told otherwise: `--host`, by default the loopback address
SERVERS = frozenset({"uvicorn", "hypercorn", "granian", "waitress", "run_app", "HTTPServer", "ThreadingHTTPServer"})
LOOPBACK = re.compile(
    r"""(--host|--bind|--address)["'][^)]*?default\s*=\s*["'](127\.0\.0\.1|localhost)["']"""
    r"""|\bhost\s*:\s*str\s*=\s*(\w+(\.\w+)*\(\s*)?["'](127\.0\.0\.1|localhost)["']"""
)
COMMENT = re.compile(r"#.*")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
SETTINGS = {
    "limiter": re.compile(r"DEFAULT_THROTTLE_(CLASSES|RATES)"),
    "cache": re.compile(r"(?!)"),
    "tracer": re.compile(r"LANGCHAIN_TRACING_V2|LANGSMITH_TRACING|(oai|anthropic|gateway)\.helicone\.ai"),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """found: {"by", "where"} of one that certainly stands there; maybe: another may."""

    found: dict[str, str] | None = None
    maybe: bool = False

    @property
    def certain(self) -> bool | None:
        """True: it stands there; False: nothing of the kind is known in the project; None: unknown."""
        return True if self.found is not None else None if self.maybe else False


class Guards:
    def __init__(self, run: Callers, frameworks: Frameworks) -> None:
        self.run = run
        self.frameworks = frameworks
        self._own: dict[tuple[str, int], str | None] = {}

    def on(self, role: str, units: Iterable[FuncInfo | Module]) -> Guard:
        """On the way through these functions, or for the whole program."""
        units = list(units)
        for unit in units:
            found = self.inside(role, unit)
            if found is not None:
                return Guard(found)
        wide = self.wide[role]
        if wide.found is not None or wide.maybe:
            return wide
        homes = {module_of(u) for u in units} if role == "limiter" else set()
        return Guard(None, any(self.mentions_own(role, m) for m in homes))

    def inside(self, role: str, unit: FuncInfo | Module) -> dict[str, str] | None:
        """What the function's own code, decorators and parameters use."""
        module = module_of(unit)
        names = unit_names(module, unit).counts
        place = f"{module.path}:{1 if isinstance(unit, Module) else unit.node.lineno}"
        around = class_names(unit) if role == "limiter" and isinstance(unit, FuncInfo) else frozenset()
        for framework in self.frameworks.guards[role]:
            if any(name in names or name in around for name in framework.uses) and uses(module, framework):
                return {"by": framework.by, "where": place}
        if isinstance(unit, Module):
            return None
        keys = filter(None, map(key_of, unit_of(module, unit).nodes)) if role == "limiter" else ()
        own = next((n for n in sorted({*names, *keys}) if OWN[role].search(n)), None)
        return {"by": own, "where": place} if own is not None and own not in VERBS else None

    def mentions_own(self, role: str, module: Module) -> bool:
        """Does the file speak of such a thing anywhere?"""
        return self.own_word(role, module.source.text) is not None

    def own_word(self, role: str, text: str) -> str | None:
        words = sorted({w for w in IDENTIFIER.findall(COMMENT.sub("", text)) if OWN[role].search(w)})
        return words[0] if words else None

    @property
    def wide(self) -> Mapping[str, Guard]:
        """By role: what holds for the whole program, and whether one is known in the project at all."""
        listing = self.run.project.listing
        if listing.guards is None:
            listing.guards = self.of_program()
        return listing.guards

    def of_program(self) -> dict[str, Guard]:
        guards = [one for of_role in self.frameworks.guards.values() for one in of_role]
        wanted = frozenset({m.rpartition(".")[2] for one in guards for m in one.modules} - {"functools"})
        settings = frozenset({"LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "helicone"})
        found = self.run.project.naming(wanted | WIRING | SERVERS | settings)
        texts: dict[str, str] = {}
        for path in sorted({p for paths in found.values() for p in paths}):
            text = None if is_test(path) else self.run.project.read_text(path)
            if text is not None:
                texts[path] = text
        return {role: self._wide(role, texts, found) for role in self.frameworks.guards}

    def _wide(self, role: str, texts: dict[str, str], found: Mapping[str, list[str]]) -> Guard:
        served = {p for word in SERVERS for p in found.get(word, ())}
        own = (t for p, t in texts.items() if p in served and LOOPBACK.search(t) and "0.0.0.0" not in t)
        maybe = role == "limiter" and any(own)
        wired = {p for word in WIRING for p in found.get(word, ())}
        named: dict[str, list[Framework]] = {}
        for framework in self.frameworks.guards[role]:
            for path in dict.fromkeys(p for m in framework.modules for p in found.get(m.rpartition(".")[2], ())):
                named.setdefault(path, []).append(framework)
        for path, text in texts.items():
            setting = SETTINGS[role].search(text)
            if setting is not None:
                return Guard({"by": setting.group(), "where": f"{path}:{line_at(text, setting.start())}"})
            for framework in named.get(path, ()):
                imported = import_line(text, framework)
                if imported is None:
                    continue
                for name in framework.everywhere:
                    at = text.find(name) if name != "*" else imported
                    if at >= 0:
                        return Guard({"by": framework.by, "where": f"{path}:{line_at(text, at)}"})
                maybe = maybe or (role != "cache" and any(name in text for name in framework.uses))
            if role != "cache" and path in wired and self.own_word(role, text) is not None:
                maybe = True
        return Guard(None, maybe)


def class_names(info: FuncInfo) -> frozenset[str]:
    """What the class says of all its methods: `throttle_classes = [UserRateThrottle]`, its decorators."""
    if info.cls is None:
        return frozenset()
    node = info.cls.node
    own = [s for s in node.body if not isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    parts = [part for statement in [*own, *node.decorator_list] for part in ast.walk(statement)]
    names = {p.id for p in parts if isinstance(p, ast.Name)}
    return frozenset(names | {p.attr for p in parts if isinstance(p, ast.Attribute)})


def import_line(text: str, framework: Framework) -> int | None:
    """Where a file's text imports the framework: the position; None: nowhere."""
    for name in framework.modules:
        for found in re.finditer(rf"\b{re.escape(name)}\b", text):
            start = text.rfind("\n", 0, found.start()) + 1
            if text[start : found.start()].lstrip().startswith(("from ", "import ")):
                return start
    return None


def line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1

"""rules/**/*.yaml → `Rule` records, validated; conditions and templates stay texts until `compiled.py` needs them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from llmlint.bundled import bundled
from llmlint.errors import RuleError
from llmlint.judge.documents import Document, parse_document, read_document
from llmlint.judge.finding import FixSpec, Severity
from llmlint.light import dataclass

MAX_FILES = 1_000
Scope = Literal["call", "project", "comment", "exemption"]
OWN_SCOPES = ("call", "project")  # of rules that judge code; the others judge what takes findings back


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a policy may set. type: "integer", "number", "string", "boolean" or "strings" (a list of texts)."""

    default: Any
    type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Code that a rule must find (bad) or leave alone (good). files: path → content; one file alone is app.py.

    line: where it stands in the rule file, 0 unknown.
    """

    files: Mapping[str, str]
    note: str = ""
    policy: Mapping[str, Any] = field(default_factory=dict)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One YAML file. when, message, remedy, fix: Jinja2 over `call`, `uses`, `policy` and `param` (docs/rules.md).

    once: an expression, "" for none: of the calls for which it gives the same, only the first is told of.
    scope: "call" is judged for each call site, "project" once over all `calls`, "comment" and "exemption"
    speak of what takes findings back, and are built in.
    lines: the line of each top-level key, for error messages.
    """

    name: str
    code: str
    summary: str
    severity: Severity
    when: str
    message: str
    remedy: str
    why: str
    parameters: Mapping[str, Parameter]
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    path: str  # the YAML file
    fix: FixSpec | None = None  # argument strings are Jinja2 too
    docs: str = ""
    default_off: bool = False
    scope: Scope = "call"
    once: str = ""
    fix_when: str = ""  # a condition of the fix alone; "": wherever the rule speaks
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    def __hash__(self) -> int:
        return hash((self.path, self.name, self.when))

    def defaults(self) -> dict[str, Any]:
        """The parameters' values where no policy sets them."""
        return {name: parameter.default for name, parameter in self.parameters.items()}


def load_rules(folders: Sequence[Path] = ()) -> tuple[Rule, ...]:
    """The built-in rules and those of `folders`, by code. Raises RuleError with file, line and mend.

    A built-in file is taken as it is (a test validates it); every other one is validated here.
    """
    from llmlint.judge.compiled_rules import documents

    built_in = bundled("rules")
    rules = [_rule(document) for document in documents(built_in, rule_files(built_in))]
    seen: set[str] = set()
    for folder in folders:
        if not folder.is_dir():
            raise RuleError("there is no such folder of rules", path=str(folder), mend="check `rule_folders`")
        for file in rule_files(folder):
            real = os.path.realpath(file)  # two packs can name one folder
            if real not in seen:
                seen.add(real)
                rules.append(own_rule(file))
    refuse_twins(rules)
    return tuple(sorted(rules, key=lambda rule: rule.code))


def own_rule(file: Path) -> Rule:
    """A rule file of the user's, validated. Raises RuleError."""
    document = read_document(file, RuleError, "rule")
    scope = document.data.get("scope") if isinstance(document.data, dict) else None
    if scope in ("comment", "exemption"):
        line = document.line(("scope",))
        raise RuleError(f"`scope: {scope}` is for built-in rules", path=document.path, line=line, mend="write `call`")
    return validated_rule(document)


def rule_files(folder: Path) -> list[Path]:
    """Every rule file below a folder, sorted."""
    found = sorted(f for f in folder.rglob("*") if f.suffix in (".yaml", ".yml") and f.is_file())
    if len(found) > MAX_FILES:
        raise RuleError(f"more than {MAX_FILES} rule files", path=str(folder), mend="point at the folder of the rules")
    return found


def parse_rule(text: str, path: str = "rule.yaml") -> Rule:
    """One rule from its YAML, validated. Raises RuleError."""
    return validated_rule(parse_document(text, path, RuleError))


def validated_rule(document: Document) -> Rule:
    """A document that may come from anyone → its rule. Raises RuleError for the first mistake, by line."""
    from llmlint.judge.compiled import compiled
    from llmlint.judge.validation import check_schema

    check_schema(document)
    rule = _rule(document)
    compiled(rule).compile_all()
    return rule


def _rule(document: Document) -> Rule:
    data = document.data
    fix = data.get("fix")
    return Rule(
        name=data["name"],
        code=data["code"],
        summary=data["summary"],
        severity=data["severity"],
        when=data.get("when", ""),
        message=data["message"],
        remedy=data["remedy"],
        why=data["why"],
        parameters={n: Parameter(p["default"], p["type"], p["description"]) for n, p in _table(data, "parameters")},
        bad=_examples(document, "bad"),
        good=_examples(document, "good"),
        path=document.path,
        fix=FixSpec(fix["operator"], fix.get("arguments") or {}, fix["safety"]) if fix else None,
        docs=data.get("docs", ""),
        default_off=data.get("default", "on") in ("off", False),
        scope=data.get("scope", "call"),
        once=data.get("once", ""),
        fix_when=fix.get("when", "") if fix else "",
        lines={str(keys[0]): line for keys, line in document.lines.items() if len(keys) == 1},
    )


def _table(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    yield from (data.get(key) or {}).items()


def _examples(document: Document, kind: str) -> tuple[Example, ...]:
    return tuple(
        Example(
            row.get("files") or {"app.py": row["code"]}, row.get("note", ""), row.get("policy") or {},
            document.line(("examples", kind, i)),
        )
        for i, row in enumerate(document.data["examples"][kind])
    )  # fmt: skip


def _where(rule: Rule, key: str) -> str:
    line, shown = rule.lines.get(key), _shown(rule)
    return f"{shown}:{line}" if line and not shown.endswith(")") else shown


def _shown(rule: Rule) -> str:
    """The file as people know it."""
    from llmlint.judge.policy_document import display

    built_in = bundled("rules")
    path = Path(rule.path)
    return f"{path.stem} (built in)" if path.is_relative_to(built_in) else display(path)


def refuse_twins(rules: Sequence[Rule]) -> None:
    """Two rules of one name or code could not be told apart in a policy."""
    for what in ("name", "code"):
        seen: dict[str, Rule] = {}
        for rule in rules:
            other = seen.setdefault(getattr(rule, what), rule)
            if other is not rule:
                raise RuleError(
                    f"the {what} `{getattr(rule, what)}` is taken by {_where(other, what)}",
                    path=_shown(rule), line=rule.lines.get(what), mend=f"choose another {what}",
                )  # fmt: skip

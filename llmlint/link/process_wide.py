"""A framework's setting for the whole process → the model object that is asked where a request names none.

`dspy.configure(lm=dspy.LM("openai/gpt-4o"))`; LlamaIndex' `Settings.llm = OpenAI(model="gpt-4o")`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from llmlint.link.callers import Callers
from llmlint.link.flow import unit_of
from llmlint.link.names import call_name, units_using
from llmlint.link.project import FuncInfo, Module
from llmlint.link.scopes import Frame
from llmlint.link.slots import slot
from llmlint.link.values import External, ModelValue, Value, alternatives


class ProcessWide:
    def __init__(self, run: Callers) -> None:
        self.run = run
        self.found: dict[tuple[tuple[str, ...], str], ModelValue | None] = {}

    def asked(self, model: ModelValue, home: Module) -> ModelValue:
        """The model object itself; that of the process where it names none and the project sets exactly one."""
        settings = model.sdk.settings
        if not settings or not model.entry.shape.hidden or slot(model.kw, model.entry.shape.model).state != "absent":
            return model
        key = settings, home.path
        if key not in self.found:
            self.found[key] = None  # while it is looked for
            self.found[key] = self.only(settings, home)
        one = self.found[key]
        if one is None:
            return model
        return replace(
            one, path=model.path, config=model.config, tools=model.tools or one.tools, structured=model.structured,
            schema=model.schema, prompt=model.prompt, outer=model.asked_as,
        )  # fmt: skip

    def only(self, settings: tuple[str, ...], home: Module) -> ModelValue | None:
        """What the file itself sets, or the others; None for several."""
        for near in (False, True):
            models: list[ModelValue] = []
            for setting in settings:
                owner, _, last = setting.rpartition(".")
                name = owner.rpartition(".")[2]
                for module in self.run.near_modules(name, home) if near else (home,):
                    for unit in units_using(module, {name}):
                        values = (v for given in self.given(module, unit, owner, last) for v in alternatives(given))
                        models += [v for v in values if isinstance(v, ModelValue) and v not in models]
            if models:
                return models[0] if len(models) == 1 else None
        return None

    def given(self, module: Module, unit: FuncInfo | Module, owner: str, last: str) -> Iterator[Value]:
        """What a unit passes as the keyword of such a function, or assigns to the attribute."""
        for record in self.run.records(unit):
            if record.module is module and call_name(record.node) == owner.rpartition(".")[2]:
                entry = record.args.kw.entries.get(last)
                if entry is not None and any(means(c, owner) for c in alternatives(record.callee)):
                    yield entry.value
        frame = unit.final if isinstance(unit, FuncInfo) else None
        scope = Frame(module, None, frame or self.run.module_frame(module))
        for node in unit_of(module, unit if isinstance(unit, FuncInfo) else None).nodes:
            for target in node.targets if isinstance(node, ast.Assign) else ():
                if not (isinstance(target, ast.Attribute) and target.attr == last and isinstance(node, ast.Assign)):
                    continue
                if any(means(v, owner) for v in alternatives(self.run.evaluate(target.value, scope))):
                    yield self.run.evaluate(node.value, scope)


def means(value: Value, dotted: str) -> bool:
    """`llama_index.core.settings.Settings` is `llama_index.Settings`: the same name in the same package."""
    if not isinstance(value, External):
        return False
    package, _, rest = dotted.partition(".")
    return value.dotted.partition(".")[0] == package and (value.dotted + ".").endswith("." + rest + ".")

"""The wheel's build: the built-in rules → compiled.json beside them (llmlint/judge/compiled_rules.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileRules(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from llmlint.judge.compiled_rules import COMPILED, compile_rules
        from llmlint.judge.rules import rule_files

        folder = Path(self.root, "rules")
        self.made = Path(self.directory, "rules-" + COMPILED)
        self.made.parent.mkdir(parents=True, exist_ok=True)
        self.made.write_text(compile_rules(folder, rule_files(folder)), encoding="utf-8")
        build_data["force_include"][str(self.made)] = f"llmlint/_bundled/rules/{COMPILED}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.made.unlink(missing_ok=True)

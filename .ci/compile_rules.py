"""The wheel's build: the built-in rules and packs → compiled.json beside them (llmlint/judge/compiled_*.py)."""

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
        from llmlint.judge.compiled_packs import compile_packs
        from llmlint.judge.compiled_rules import COMPILED, compile_rules
        from llmlint.judge.rules import rule_files

        folder = Path(self.root, "rules")
        texts = {
            "rules": compile_rules(folder, rule_files(folder)), "policies": compile_packs(Path(self.root, "policies")),
        }  # fmt: skip
        self.made = []
        Path(self.directory).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            made = Path(self.directory, f"{name}-{COMPILED}")
            made.write_text(text, encoding="utf-8")
            self.made.append(made)
            build_data["force_include"][str(made)] = f"llmlint/_bundled/{name}/{COMPILED}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            for made in self.made:
                made.unlink(missing_ok=True)

"""The dashboards that are written → does Grafana's published schema (npm: @grafana/schema, Apache-2.0) accept them?

    python benchmarks/dashboard_schema.py            needs npm and its registry

Each dashboard, panel, variable, and the options and custom fields of each kind of panel are given the type that the
package declares for them, and the TypeScript compiler has the last word. Enumerations of texts take their values.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from llmlint.observe.dashboard import dashboard
from llmlint.observe.metrics import PROFILES
from llmlint.observe.queries import Queries

PACKAGES = ("typescript@5", "@grafana/schema@13", "rxjs@7")
TYPES = "./node_modules/@grafana/schema/dist/types/raw"
WIDE = """type Wide<T> = T extends string ? `${T}` : T extends (infer U)[] ? Wide<U>[]
  : T extends object ? {[K in keyof T]: Wide<T[K]>} : T extends number ? number : T;"""
FLAGS = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext"]


def program() -> str:
    lines = [f"import type {{Dashboard, Panel, VariableModel}} from '{TYPES}/dashboard/x/types.gen';"]
    boards = {name: dashboard(Queries(profile)) for name, profile in PROFILES.items()}
    for kind in sorted({panel["type"] for board in boards.values() for panel in board["panels"]}):
        lines.append(f"import type * as {kind} from '{TYPES}/composable/{kind}/panelcfg/x/types.gen';")
    lines.append(WIDE)
    for name, board in boards.items():
        lines.append(typed(name, "Dashboard", board))
        for i, panel in enumerate(board["panels"]):
            lines.append(typed(f"{name}_{i}", "Panel", panel))
            lines.append(typed(f"{name}_{i}_o", f"{panel['type']}.Options", panel["options"]))
            custom = panel["fieldConfig"]["defaults"].get("custom")
            if custom:
                lines.append(typed(f"{name}_{i}_c", f"{panel['type']}.FieldConfig", custom))
        lines += [typed(f"{name}_v{i}", "VariableModel", row) for i, row in enumerate(board["templating"]["list"])]
    return "\n".join(lines) + "\n"


def typed(name: str, kind: str, value: object) -> str:
    return f"export const {name}: Wide<{kind}> = {json.dumps(value)};"


def main() -> int:
    with TemporaryDirectory() as folder:
        Path(folder, "check.ts").write_text(program(), encoding="utf-8")
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", *PACKAGES], cwd=folder, check=True)
        done = subprocess.run(["node_modules/.bin/tsc", *FLAGS, "check.ts"], cwd=folder, capture_output=True, text=True)
        version = json.loads(Path(folder, "node_modules/@grafana/schema/package.json").read_text("utf-8"))["version"]
    print(done.stdout or f"{len(PROFILES)} dashboards fit @grafana/schema {version}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

"""An installed llmlint + a folder of examples → each of the first four rules must find something there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODES = {"LLM101", "LLM201", "LLM301", "LLM401"}

arguments = ["check", sys.argv[1], "--no-cache", "--format", "json"]
run = subprocess.run([Path(sys.executable).with_name("llmlint"), *arguments], capture_output=True, text=True, cwd="/")
if run.returncode != 1:
    sys.exit(f"llmlint check ended with {run.returncode} and not 1: {run.stderr}")
found = {finding["code"] for finding in json.loads(run.stdout)["findings"]}
if not found >= CODES:
    sys.exit(f"no finding of {', '.join(sorted(CODES - found))} in the examples")
print(f"found {', '.join(sorted(found))}")

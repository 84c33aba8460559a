"""Minutes long and not all green yet: LLMLINT_HOSTILE=1 pytest tests/hostile."""

import os

collect_ignore_glob = [] if os.environ.get("LLMLINT_HOSTILE") else ["test_*.py"]

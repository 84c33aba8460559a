"""llmlint: from Python source to findings about wasted LLM spend."""

__version__ = "0.1.0"

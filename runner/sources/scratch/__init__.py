"""``kind: scratch``, and what makes small random models with tokenizers and processors."""

from runner.sources.scratch.source import ScratchSource

__all__ = ["ScratchSource"]

"""Findings about where a recipe is looked at, and not about what it says."""

OF_PACKAGES = frozenset(
    (
        "engine-missing", "ffmpeg-missing", "library-missing", "package-missing", "package-version",
        "quantize-package", "task-not-installed",
    )
)  # fmt: skip
"""Codes of what a recipe needs to be installed."""

OF_FILES = frozenset(
    (
        "dataset-missing",
        "file-missing",
        "input-missing",
        "metric-missing",
        "no-config",
        "source-missing",
    )  # fmt: skip
)
"""Codes of files and folders that are not there."""

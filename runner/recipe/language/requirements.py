"""What a model asks of the environment that it is loaded in."""

from pydantic import Field

from runner.recipe.language.block import Block


class Requirements(Block):
    """Packages beside the computed ones.

    Args:
        extra: Requirement lines for pip, such as ``sentencepiece==0.2.0``. A line that names a
            computed package replaces it.
        conda: Packages that conda is to install, such as ``ffmpeg=7``; they stand in
            ``conda.yaml`` alone.
        channels: Conda channels, the first searched first; MLflow's own where there are none.
    """

    extra: list[str] = Field(default_factory=list)
    conda: list[str] = Field(default_factory=list)
    channels: list[str] = Field(default_factory=list)

"""Completion, as a real bash asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.completion import complete
from tests.conftest import REPOSITORY

BASH = """
set -e
source <({python} -m runner completion bash)
COMP_LINE={line!r}
COMP_POINT=${{#COMP_LINE}}
COMP_WORDS=($COMP_LINE)
COMPREPLY=()
_recipe_runner || echo "left to the shell"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def in_bash(line: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", BASH.format(python=sys.executable, line=line)],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [word for word in done.stdout.splitlines() if word]


def test_bash_completes_recipes_behind_the_sign_that_parts_words(workspace: Path) -> None:
    mine = workspace / "recipes" / "chat"
    mine.mkdir(parents=True)
    (mine / "own.yaml").write_text("task: fill-mask\n")
    (mine / "_base.yaml").write_text("task: fill-mask\n")
    assert in_bash(f"{sys.executable} -m runner +recipe=chat/") == ["chat/own"]
    assert in_bash(f"{sys.executable} script.py --recipe=") == ["left to the shell"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("va", ["validate"]),
        ("+re", ["+recipe="]),
        ("rehearse +re", ["+recipe="]),
        ("+recipe=text-generation/sc", ["text-generation/scratch"]),
        ("-m +recipe=fill-mask/scratch,text-generation/sc",
         ["fill-mask/scratch,text-generation/scratch"]),
        ("+recipe=a dt", ["dtype="]),
        ("+recipe=a dtype=bf", ["bfloat16"]),
        ("+recipe=a dtype=float32,bf", ["float32,bfloat16"]),
        ("+recipe=a save_pretrained=", ["true", "false"]),
        ("+recipe=a track", ["tracking=", "tracking.uri="]),
        ("+recipe=a device=c", ["cpu", "cuda:0"]),
        ("validate text-generation/smol", ["text-generation/smollm2-chat"]),
        ("+recipe=a nothing", []),
        ("+recipe=a nothing=", []),
    ],
)  # fmt: skip
def test_a_line_goes_on(typed: str, wanted: list[str]) -> None:
    assert complete(f"recipe-runner {typed}") == wanted
    assert complete(f"python -m runner {typed}") == wanted


def test_the_function_for_zsh_is_bashs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runner", "completion", "zsh"],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("autoload -Uz bashcompinit && bashcompinit\n_recipe_runner()")

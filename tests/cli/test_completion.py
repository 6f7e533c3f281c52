"""Completion, as a real bash asks for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.completion import complete_override
from tests.conftest import REPOSITORY, Outcome

BASH = """
set -e
source <(recipe-runner completion bash)
COMP_LINE={line!r}
COMP_POINT=${{#COMP_LINE}}
COMP_TYPE=9
COMPREPLY=()
_python_argcomplete recipe-runner
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def in_bash(script: str, workspace: Path) -> str:
    command = workspace / "bin" / "recipe-runner"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m runner "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PYTHONPATH": str(REPOSITORY), "PATH": f"{command.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("recipe-runner vali", ["validate"]),
        ("recipe-runner +recipe=chat/", ["chat/own"]),
        ("recipe-runner rehearse +recipe=chat/own +evaluation=q", ["quick"]),
        ("recipe-runner show +recipe=chat/own dtype=bf", ["bfloat16"]),
        ("recipe-runner -m +recipe=chat/own dtype=float32,bf", ["float32,bfloat16"]),
        ("recipe-runner lock chat/", ["chat/own"]),
        ("recipe-runner lock --che", ["--check"]),
        ("recipe-runner review main --fail-on br", ["breaking"]),
    ],
)
def test_bash_completes(workspace: Path, line: str, wanted: list[str]) -> None:
    for file in ("recipes/chat/own", "recipes/chat/_base", "configs/evaluation/quick"):
        (workspace / file).parent.mkdir(parents=True, exist_ok=True)
        (workspace / f"{file}.yaml").write_text("task: fill-mask\n")
    assert in_bash(BASH.format(line=line), workspace).split() == wanted


def test_only_the_installed_command_is_completed(workspace: Path) -> None:
    script = "source <(recipe-runner completion bash); complete -p"
    assert in_bash(script, workspace).splitlines() == [
        "complete -o bashdefault -o default -o nospace -F _python_argcomplete recipe-runner"
    ]


@pytest.mark.parametrize(
    ("given", "typed", "wanted"),
    [
        ("", "va", ["validate"]),
        ("", "+re", ["+recipe="]),
        ("rehearse", "+re", ["+recipe="]),
        ("-m", "+recipe=fill-mask/scratch,text-generation/sc",
         ["+recipe=fill-mask/scratch,text-generation/scratch"]),
        ("+recipe=a", "dt", ["dtype="]),
        ("+recipe=a", "dtype=bf", ["dtype=bfloat16"]),
        ("+recipe=a", "save_pretrained=", ["save_pretrained=true", "save_pretrained=false"]),
        ("+recipe=a", "track", ["tracking=", "tracking.uri="]),
        ("+recipe=a", "device=c", ["device=cpu", "device=cuda:0"]),
        ("+recipe=a", "nothing", []),
        ("+recipe=a", "nothing=", []),
    ],
)  # fmt: skip
def test_an_override_goes_on(given: str, typed: str, wanted: list[str]) -> None:
    assert complete_override(given.split(), typed) == wanted


@pytest.mark.parametrize(("shell", "sign"), [("zsh", "compdef"), ("fish", "__fish_recipe-runner")])
def test_zsh_and_fish_have_theirs(cli: type[Outcome], shell: str, sign: str) -> None:
    assert sign in cli("completion", shell).stdout

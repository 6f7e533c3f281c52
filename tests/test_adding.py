"""Adding one of a kind is adding one file: shown on a copy of the runner."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkpoints import causal_lm
from tests.command import alone
from tests.conftest import REPOSITORY, Outcome
from tests.isolated import isolated

pytestmark = pytest.mark.slow  # each starts the runner of a copy, anew

TASK = '''
"""shouting: a text in, its continuation out, in capitals."""

from typing import Any

from runner.tasks.arguments import Argument
from runner.tasks.base import Column, Task


def _answer(raw: Any) -> Any:
    return raw[0]["generated_text"].upper()


TASK = Task(
    name="shouting",
    summary="goes on in capitals",
    auto_model="AutoModelForCausalLM",
    inputs=(Column("string"),),
    outputs=(Column("string"),),
    example="Hello",
    answer=_answer,
    inference="generation:TextGeneration",
    arguments={"loudness": Argument(("integer",), least=1, most=11)},
    pipeline="text-generation",
    pyfunc=False,
    agreement=None,
)
'''
SHOUTING = """\
task: shouting
source: {kind: scratch, architecture: gpt2}
model_config: {do_sample: false, max_new_tokens: 4}
"""
SCRATCH = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
CHECK = '''
"""A prompt is polite."""

from collections.abc import Iterator

from runner.findings import Finding
from runner.recipe.judging.checks import Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Find a template without the word."""
    template = subject.recipe.prompt_template
    if template and "please" not in template.lower():
        yield Finding("no-please", "It does not say please.", "Say it.", ("prompt_template",))
'''
DOCTOR_CHECK = '''
"""The moon is there."""

from collections.abc import Iterator

from runner.doctor.diagnosis import Needs, Result, Status


def check(needs: Needs) -> Iterator[Result]:
    """Look."""
    yield Result(Status.OK, f"seen by {len(needs.recipes)}")
'''
VERB = '''
"""``count``: how many recipes a task has."""

from argparse import ArgumentParser, Namespace

from runner.cli.documents import write_answer
from runner.cli.options import add_output
from runner.errors import Exit
from runner.recipe.library import list_recipes

SUMMARY = "count the recipes of a task"
EPILOG = """\\
example:
  python -m runner count fill-mask

  2
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("--least", type=int, default=0)
    add_output(parser)


def execute(args: Namespace) -> Exit:
    """Count."""
    count = sum(recipe.text("task") == args.task for recipe in list_recipes())
    write_answer(args, {"recipes": count}, [str(count)])
    return Exit.DONE if count >= args.least else Exit.GATE_FAILED
'''
RECIPE = """\
description: a model in a zip file
task: text-generation
source: {kind: zip, path: weights.zip}
model_config: {max_new_tokens: 4, do_sample: false}
evaluation: {inputs: [one, two]}
"""
LOAD = """
model = mlflow.pyfunc.load_model({path!r})
answer(len(model.predict(["one", "two"])))
"""


@pytest.fixture
def house(workspace: Path) -> Path:
    """A copy of the runner and what comes with it, in a folder of its own."""
    for folder in ("runner", "configs", "recipes"):
        shutil.copytree(REPOSITORY / folder, workspace / "house" / folder)  # what is compiled, too
    return workspace / "house"


def _first_python(page: str) -> str:
    """The first Python file that a page of the documents shows."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    return text.partition("```python\n")[2].partition("```")[0]


def _verb(house: Path, *arguments: str) -> Outcome:
    return alone(house, *arguments, PYTHONPATH=str(house))


def _git(house: Path, *arguments: str) -> None:
    who = ("-c", "user.name=one", "-c", "user.email=one@example.org")
    subprocess.run(["git", *who, *arguments], cwd=house, check=True, capture_output=True)


def test_a_task_is_one_file(house: Path, workspace: Path) -> None:
    (house / "runner" / "tasks" / "shouting.py").write_text(TASK)
    recipe = house / "recipes" / "loud.yaml"
    recipe.write_text(SHOUTING + "params: {loudness: 12}\n")
    wrong = _verb(house, "validate", "recipes/loud.yaml")
    assert wrong.code == 2
    assert "recipes/loud.yaml:4:10 error[argument-out-of-range]" in wrong.stdout
    recipe.write_text(SHOUTING)
    done = _verb(house, "+recipe=loud", "tracking.uri=null")
    assert done.code == 0, done.stderr
    model = house / "outputs" / "loud" / "default" / "model"
    code = f"answer(mlflow.pyfunc.load_model({str(model)!r}).predict(['Hello', 'Bye']))"
    assert [answer[:3] for answer in isolated(code, workspace)] == ["Hel", "Bye"]


def test_a_source_kind_is_one_file(house: Path, workspace: Path) -> None:
    (house / "runner" / "sources" / "zipped.py").write_text(_first_python("adding-a-source.md"))
    recipe = house / "recipes" / "text-generation" / "zipped.yaml"
    recipe.write_text(RECIPE)
    shutil.make_archive(str(recipe.with_name("weights")), "zip", causal_lm(workspace / "tiny"))

    done = _verb(house, "+recipe=text-generation/zipped", "tracking.uri=null")
    assert done.code == 0, done.stderr
    model = house / "outputs" / "text-generation" / "zipped" / "default" / "model"
    assert isolated(LOAD.format(path=str(model)), workspace) == 2

    listed = _verb(house, "ls", "--source", "zip", "--output", "json").document["recipes"]
    assert [one["source"] for one in listed] == ["zip weights.zip"]
    schema = _verb(house, "schema").document
    assert schema["$defs"]["ZipSource"]["properties"]["path"]["type"] == "string"
    plan = _verb(house, "plan", "+recipe=text-generation/zipped", "--output", "json").document
    assert "zip" in json.dumps(plan)

    assert _verb(house, "lock", "text-generation/zipped").code == 0
    lock = recipe.with_suffix(".lock.yaml").read_text()
    assert "kind: zip\n    name: weights.zip\n" in lock
    assert "model.safetensors" in lock
    assert _verb(house, "lock", "--check", "text-generation/zipped").code == 0

    _git(house, "init", "-q")
    _git(house, "add", "recipes/text-generation")
    _git(house, "commit", "-qm", "one")
    shutil.copy(recipe.with_name("weights.zip"), house / "other.zip")
    recipe.write_text(RECIPE.replace("weights.zip", "../../other.zip"))
    review = _verb(house, "review", "HEAD", "--output", "json")
    said = json.dumps(review.document)
    assert '"recipes/text-generation/weights.zip"' in said
    assert '"other.zip"' in said

    recipe.write_text(RECIPE + "save_pretrained: false\ntrust_remote_code: true\n")
    found = _verb(house, "validate", str(recipe))
    assert found.code == 2
    assert "only works for kind: hub, not for kind: zip" in found.stdout
    assert "`trust_remote_code: true` is not for kind: zip" in found.stdout
    made = _verb(house, "new", "text-generation", "again", "--source", "zip", "--path", "other.zip")
    assert made.code == 0, made.stderr
    assert "path: ../../other.zip" in (recipe.with_name("again.yaml")).read_text()


def test_a_check_is_one_file(house: Path) -> None:
    checks = house / "runner" / "recipe" / "judging" / "checks"
    (checks / "manners.py").write_text(CHECK)
    (house / "runner" / "doctor" / "checks" / "moon.py").write_text(DOCTOR_CHECK)
    recipe = house / "recipes" / "rude.yaml"
    recipe.write_text(SCRATCH + "prompt_template: 'Now! {prompt}'\n")
    rude = _verb(house, "validate", "recipes/rude.yaml")
    assert rude.code == 2
    assert "recipes/rude.yaml:3:1 error[no-please] It does not say please." in rude.stdout
    assert _verb(house, "doctor", "text-generation/scratch").stdout.count("moon") == 1
    recipe.write_text(SCRATCH + "prompt_template: 'Please: {prompt}'\n")
    assert _verb(house, "+recipe=rude", "tracking.uri=null").code == 0

    (checks / "nothing.py").write_text("def chek(subject): return []\n")
    broken = _verb(house, "validate", "recipes/rude.yaml")
    assert broken.code == 4
    assert "nothing.py is not a RecipeCheck: it lacks check." in broken.stderr


def test_a_verb_is_one_file(house: Path) -> None:
    verbs = house / "runner" / "cli" / "verbs"
    (verbs / "count.py").write_text(VERB)
    assert "  count       count the recipes of a task\n" in _verb(house, "--help").stdout
    done = _verb(house, "count", "text-generation", "--output", "json")
    assert done.code == 0, done.stderr
    assert done.document["recipes"] > 1
    help = _verb(house, "count", "--help").stdout
    assert "python -m runner count fill-mask" in help
    assert _verb(house, "coun").stderr.endswith("Did you mean `count`?\n")
    assert "It is one of `count`." in _verb(house, "schema", "--least").stderr

    (verbs / "half.py").write_text('SUMMARY = "half a verb"\n')
    broken = _verb(house, "half")
    assert broken.code == 4
    assert "half.py is not a Verb: it lacks EPILOG, configure, execute." in broken.stderr
    assert _verb(house, "count", "fill-mask").code == 0, "another verb is not even imported"

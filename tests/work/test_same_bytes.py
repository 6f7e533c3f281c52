"""The same recipe and lock have the same bytes in every file, wherever they are run."""

import shutil
from pathlib import Path

from tests.checkpoints import causal_lm
from tests.command import alone

RECIPE = """\
task: text-generation
source: {kind: local, path: ../weights}
dtype: bfloat16
params: {max_new_tokens: 3}
input_example: hello
evaluation: {views: [pyfunc]}
"""


def packaged(machine: Path, weights: Path, **environment: str) -> dict[str, bytes]:
    """Run the recipe with a home and folders of its own; give the model's files."""
    (machine / "home").mkdir(parents=True)
    (machine / "recipes").mkdir()
    (machine / "recipes/mine.yaml").write_text(RECIPE)
    shutil.copytree(weights, machine / "weights", copy_function=shutil.copyfile)
    home = str(machine / "home")
    lock, asked = weights.with_name("mine.lock.yaml"), ("+recipe=mine", "tracking.uri=null")
    if lock.exists():  # one machine locks, the others run what it locked
        shutil.copyfile(lock, machine / "recipes/mine.lock.yaml")
    else:
        locked = alone(machine, "lock", "+recipe=mine", HOME=home)
        assert locked.code == 0, locked.stderr
        shutil.copyfile(machine / "recipes/mine.lock.yaml", lock)
    done = alone(machine, *asked, "--locked", HOME=home, **environment)
    assert done.code == 0, done.stderr
    model = machine / "outputs/mine/default/model"
    found = {str(p.relative_to(model)): p.read_bytes() for p in model.rglob("*") if p.is_file()}
    return {name: content for name, content in found.items() if "__pycache__" not in name}


def test_two_homes_and_two_folders_give_the_same_bytes(workspace: Path) -> None:
    weights = causal_lm(workspace / "weights")
    here = packaged(workspace / "here", weights, PYTHONHASHSEED="1")
    there = packaged(workspace / "elsewhere/there", weights, PYTHONHASHSEED="2")
    assert here.keys() == there.keys()
    assert here["MLmodel"].decode() == there["MLmodel"].decode()
    assert [name for name in here if here[name] != there[name]] == []
    told = [name for name, content in here.items() if str(workspace).encode() in content]
    assert told == [], "a path of the machine"
    assert b"1970-01-01" in here["MLmodel"]
    later = packaged(workspace / "later", weights, SOURCE_DATE_EPOCH="86400")
    assert [name for name in here if here[name] != later[name]] == ["MLmodel"]
    assert b"1970-01-02" in later["MLmodel"]

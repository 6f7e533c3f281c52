"""Sweep files: which points they stand for, and everything that can be wrong with one."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from runner.findings import RecipeError
from runner.recipe.language.json_schema import sweep_schema
from runner.recipe.sweeping.asking import ask_sweep
from runner.recipe.sweeping.expanding import expand_sweep
from runner.recipe.sweeping.files import find_sweep, read_sweep_file
from runner.recipe.sweeping.written import UnwritableError, override_of
from runner.upstream.hydra_api import bounds_of, parse_override
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
SCRATCH = "recipe: text-generation/scratch\n"


def write(text: str, name: str = "case") -> Path:
    file = Path.cwd() / "sweeps" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SCRATCH + text)
    return file


def points(text: str) -> list[tuple[str, ...]]:
    """Give the overrides of each point of a sweep file."""
    file = write(text)
    return [one.overrides for one in expand_sweep(read_sweep_file(file, file.parent)).combinations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("over: {dtype: [float16], params.a: 'range(1,6,2)'}\n",
         [("dtype=float16", f"params.a={n}") for n in (1, 3, 5)]),
        ("over: {dtype: 'choice(float16,auto)'}\n", [("dtype=float16",), ("dtype=auto",)]),
        ("over: {dtype: 'float16,auto'}\n", [("dtype=float16",), ("dtype=auto",)]),
        ("over: {prompt_template: ['Q? {prompt}, now', \"it's {prompt}\"]}\n",
         [("prompt_template='Q? {prompt}, now'",), ("prompt_template='it\\'s {prompt}'",)]),
        ("over: {+model_config.a: [null, true, [1, x y], {b: 0.5}, '1']}\n",
         [(f"+model_config.a={v}",) for v in ("null", "true", "[1,x y]", "{b:0.5}", "'1'")]),
        ("points: [{dtype: auto}, {dtype: float16, params.a: 1}, {}]\n",
         [("dtype=auto",), ("dtype=float16", "params.a=1"), ()]),
        ("pairs: {dtype: [float16, auto], params.a: [1, 2]}\n",
         [("dtype=float16", "params.a=1"), ("dtype=auto", "params.a=2")]),
        ("over: {dtype: [float16, auto]}\npairs: {params.a: [1, 2]}\n"
         "where: dtype == 'auto' or params.a > 1\n",
         [("dtype=float16", "params.a=2"), ("dtype=auto", "params.a=1"),
          ("dtype=auto", "params.a=2")]),
        ("points: [{dtype: auto}, {params.a: 1}]\nwhere: dtype is None\n", [("params.a=1",)]),
        ("points: [{dtype: auto}]\nrepeat: 2\n",
         [("dtype=auto", "evaluation.seed=0"), ("dtype=auto", "evaluation.seed=1")]),
        ("repeat: 2\n", [("evaluation.seed=0",), ("evaluation.seed=1",)]),
    ],
)  # fmt: skip
def test_a_sweep_file_stands_for_these_points(text: str, expected: list[tuple[str, ...]]) -> None:
    assert points(text) == expected


WRONG = [
    ("ovr: {}", "2:1 error[unknown-key] `ovr` is not a field of a sweep. Did you mean `over`?"),
    ("over: [1]", "2:1 error[wrong-type] `over` takes a mapping: lines of `key: value`, not"),
    ("launcher: {kind: lokal}", "2:12 error[unknown-value] `launcher.kind` cannot be `lokal`. Did"),
    ("launcher: {kind: local, worker: 2}", "2:25 error[unknown-key] `worker` is not a field of"),
    ("launcher: {memory: much}", "2:12 error[bad-value] `launcher.memory`: it is a size such as"),
    ("over: {evaluation.seed: [7]}\nrepeat: 2", "3:1 error[bad-sweep] `evaluation.seed` is given"),
    ("search: {space: {dtype: [auto, float16]}, objectives: {a: maximize}}\nrepeat: 2",
     "error[bad-sweep] `repeat`: a search runs each point once"),
    ("over: {dtype: []}", "2:8 error[bad-sweep] `over.dtype` has no value at all."),
    ("over: {dtype: auto}", "2:8 error[bad-sweep] `over.dtype`: `auto` stands for no several"),
    ("over: {params.a: 'interval(0,1)'}", "2:8 error[bad-sweep] `over.params.a`: `interval(0,1)`"),
    ("over: {params.a: 'range(0,1'}", "2:8 error[bad-sweep] `over.params.a`: `range(0,1` cannot"),
    ("over: {a b: [1]}", "2:14 error[bad-sweep] `a b`: no override gives `a b` this value."),
    ("over: {out: [/etc, /usr]}", "2:14 error[bad-sweep] `out` belongs to the run, not to a sweep"),
    ("points: [{tracking.uri: x}]", "2:11 error[bad-sweep] `tracking.uri` belongs to the run"),
    ("over: {policy.licenses.deny: [[]]}", "error[bad-sweep] `policy.licenses.deny` belongs to"),
    ("pairs: {dtype: [auto], params.a: [1, 2]}", "`pairs.dtype` has 1 value, another list 2."),
    ("pairs: {dtype: []}", "2:1 error[bad-sweep] The lists of `pairs` are empty."),
    ("over: {dtype: [auto]}\npairs: {dtype: [auto]}", "3:17 error[bad-sweep] `dtype` is given"),
    ("over: {params.a: 'range(0,1000000000)'}", "more than 10000 points, which are the most."),
    ("over: {params.a: 'shuffle(range(0,1000000000))'}", "more than 10000 points"),
    ("over: {dtype: [auto]}\nwhere: dtyp == 1", "3:1 error[bad-where] `where` asks for `dtyp`,"),
    ("over: {dtype: [auto]}\nwhere: dtype == 1", "3:1 error[bad-where] `where` cannot be used"),
    ("over: {dtype: [auto]}\nwhere: f()", "3:1 error[bad-where] `where` cannot be used: `f()` is"),
    ("over: {dtype: [auto]}\nwhere: dtype == 'x'", "3:1 error[bad-where] `where` holds for no"),
    ("over: {dtype: [auto]}\nbaseline: {dtpe: auto}", "3:12 error[bad-sweep] `baseline` names"),
    ("over: {dtype: [auto]}\nbaseline: {dtype: x}", "3:1 error[bad-sweep] `baseline` is no point"),
    ("over: {dtype: [auto], params.a: [1, 2]}\nbaseline: {dtype: auto}", "`baseline` is 2 points"),
    ("search: {space: {}, objectives: {a: maximize}}", "2:10 error[bad-value] `search.space`"),
    ("search: {space: {dtype: [auto]}, objectives: {a: most}}", "cannot be `most`. It is one of"),
    ("search: {space: {dtype: auto}, objectives: {a: minimize}}", "2:18 error[bad-sweep] `search."),
    ("search: {space: {dtype: []}, objectives: {a: minimize}}", "it has no values to choose from."),
    ("search: {space: {params.a: 'tag(log,interval(0,1))'}, objectives: {a: minimize}}",
     "the size of 0 and less is not known"),
    ("search: {space: {out: [a]}, objectives: {a: minimize}}", "`out` belongs to the run"),
    ("search: {space: {dtype: [auto, float16]}, objectives: {a: maximize, b: minimize}, prune: {}}",
     "`search.prune`: it takes one objective, and there are several. Leave it out, or name one"),
    ("search: {space: {dtype: [auto, float16]}, objectives: {a: maximize}, prune: {every: 9}}",
     "error[bad-sweep] `search.prune` looks at `a`, which is no metric on a dataset. Leave"),
    ("search: {space: {params.a: 'tag(log,range(1,10,3))'}, objectives: {a: minimize}}",
     "numbers have no step between them. Write tag(log,interval(…)), or a range(…) by 1."),
    ("search: {space: {params.a: 'range(1,10,0)'}, objectives: {a: minimize}}",
     "`range(1,10,0)` cannot be read: a range with a step of 0 never comes to its end."),
    ("search: {space: {params.a: 'interval(0.1,inf)'}, objectives: {a: minimize}}",
     "`interval(0.1,inf)` cannot be read: its bounds and its steps are numbers below 1.8e308."),
    ("search: {space: {dtype: [auto, float16]}, objectives: {size_byte: minimize}}",
     "2:56 error[bad-sweep] `search.objectives`: nothing that is measured is called `size_byte`. "
     "Did you mean `size_bytes`?"),
    ("search: {space: {dtype: [auto, float16]}, objectives: {latency_p95_ms: minimize}}",
     "nothing that is measured is called `latency_p95_ms`. It is about `size_bytes`."),
    ("search: {space: {params.a: 'range(0,1e300,1e-300)'}, objectives: {a: minimize}}",
     "its bounds and its steps are numbers below 1.8e308."),
    (f"over: {{params.a: 'range(1,1{'0' * 400})'}}", "its steps are numbers below 1.8e308."),
    (f"over: {{params.a: 'range(1,1{'0' * 300})'}}", "more than 10000 points"),
    ("over: {params.a: 'range(1,10,0)'}", "2:8 error[bad-sweep] `over.params.a`: `range(1,10,0)`"),
    ("over: {params.a: 'choice(1,choice(2,3))'}", "and the like cannot stand inside another value"),
    ("search: {space: {dtype: [auto, flot16]}, objectives: {size_bytes: minimize}}",
     "2:18 error[unknown-value] `dtype` cannot be `flot16`."),
    ("over: {dtype: [auto]}\nsearch: {space: {dtype: [auto]}, objectives: {a: minimize}}",
     "2:1 error[bad-sweep] `over`: it stands beside `search`"),
    ("recipe: x", "2:1 error[duplicate-key] `recipe` is written twice; the first is on line 1."),
    # what is found by composing the points: each thing once, where the value is written
    ("over: {dtpe: [auto, float16]}", "2:15 error[unknown-key] `dtpe` is not a field of a recipe."),
    ("over: {dtype: [auto, flot16]}", "2:22 error[unknown-value] `dtype` cannot be `flot16`. Did"),
    ("over: {description: [\"${oc.env:HOME}\"], +model_config.a: ['${oc.env:HOME}']}",
     "2:59 error[interpolation] `${oc.env:HOME}` is not taken here"),
    ("over: {+metadata.a: [{_target_: os.system}]}", "error[forbidden-key] `_target_` would"),
    ("over: {hydra.run.dir: [x]}", "2:24 error[forbidden-override] `hydra.run.dir=x`"),
    ("over: {evaluation: [quik]}", "2:21 error[unknown-group] `evaluation=quik`: the recipe takes"),
    ("over: {source.path: [a]}", "error[unknown-key] `path` is not a field of source (kind: scr"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_found_once_and_where_it_stands(cli: Cli, text: str, said: str) -> None:
    write(text + "\n")
    done = cli("validate", "sweeps/case.yaml")
    assert done.code == 2
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("sweeps/case.yaml")]
    assert said in line, line
    assert done.stdout.endswith("1 sweep, 1 error\n")


def test_unknown_recipes_and_files_of_recipes_are_found_at_their_line(cli: Cli) -> None:
    file = write("")
    file.write_text("recipe: [text-generation/scrach, ../outside.yaml]\n")
    (Path.cwd() / "outside.yaml").write_text("task: fill-mask\n")
    done = cli("validate", "sweeps")
    assert "sweeps/case.yaml:1:34 error[bad-sweep] `../outside.yaml`: a sweep file" in done.stdout
    file.write_text("recipe: [text-generation/scrach]\n")
    done = cli("validate", "case")
    assert "sweeps/case.yaml:1:10 error[unknown-recipe] There is no recipe" in done.stdout
    assert "Did you mean `text-generation/scratch`?" in done.stdout


def test_what_is_wrong_with_the_recipe_itself_is_told_once_and_there(cli: Cli) -> None:
    (Path.cwd() / "recipes").mkdir()
    (Path.cwd() / "recipes/own.yaml").write_text("task: fill-mask\nsource: {kind: scratc}\n")
    (Path.cwd() / "sweeps").mkdir()
    (Path.cwd() / "sweeps/own.yaml").write_text("recipe: own\nover: {dtype: [auto, float32]}\n")
    done = cli("validate", "sweeps/own.yaml")
    assert done.stdout.startswith("recipes/own.yaml:2:10 error[unknown-kind]")
    assert done.stdout.endswith("1 sweep, 1 error\n")


def test_a_repository_of_recipes_has_its_sweeps_beside_them(cli: Cli, workspace: Path) -> None:
    repository = workspace / "elsewhere"
    (repository / "recipes").mkdir(parents=True)
    (repository / "recipes/own.yaml").write_text(
        "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    )
    (repository / "sweeps").mkdir()
    (repository / "sweeps/both.yaml").write_text("recipe: own\nover: {dtype: [auto, float32]}\n")
    for named in ("elsewhere/sweeps/both.yaml", "elsewhere"):
        done = cli("validate", named)
        assert (done.code, "1 sweep" in done.stdout) == (0, True), done.stdout
    done = cli("show", "-cd", "elsewhere", "+sweep=both", "--output", "json")
    assert [point["recipe"] for point in done.document["points"]] == ["own", "own"]
    assert "both" in [one["name"] for one in cli(
        "ls", "-cd", "elsewhere", "--output", "json"
    ).document["sweeps"]]  # fmt: skip


def test_the_command_line_wins_over_the_file_and_multiplies_its_points() -> None:
    write("over: {dtype: [float16, auto], params.max_new_tokens: [1, 2]}\n")
    found = ask_sweep(["+sweep=case", "dtype=float32", "description=a,b"])
    assert [point.overrides for point in found.composed] == [
        (f"params.max_new_tokens={n}", "dtype=float32", f"description={d}")
        for d in ("a", "b") for n in (1, 2)
    ]  # fmt: skip
    other = ask_sweep(["+sweep=case", "+recipe=text-generation/smollm2-chat", "dtype=auto"])
    assert {point.name for point in other.composed} == {"text-generation/smollm2-chat"}
    assert len(other.composed) == 2


def test_the_command_line_changes_the_launcher_field_by_field() -> None:
    write("over: {dtype: [float16, auto]}\nlauncher: {workers: 3, memory: 2GB}\n")
    found = ask_sweep(["+sweep=case", "launcher=ray", "launcher.options.address=auto"])
    assert found.launcher.model_dump() == {
        "kind": "ray", "workers": 3, "memory": "2GB", "options": {"address": "auto"},
    }  # fmt: skip
    for wrong in ("launcher=slurm", "launcher.wrkers=2", "launcher.workers=0"):
        with pytest.raises(RecipeError, match="command line error"):
            ask_sweep(["+sweep=case", wrong])


def test_a_sweep_file_gives_a_launcher_no_code_to_run(cli: Cli) -> None:
    write(
        "over: {dtype: [auto]}\nlauncher:\n  kind: submitit\n  options:\n"
        '    slurm_partition: gpu\n    slurm_setup: [curl evil]\n    slurm_account: "a\\nsrun x"\n'
    )
    told = cli("validate", "case").stdout.splitlines()
    assert [line.split(" ")[0] for line in told[:2]] == [
        "sweeps/case.yaml:7:5", "sweeps/case.yaml:8:5",
    ]  # fmt: skip
    assert told[2:] == ["1 sweep, 2 errors"]


def test_locking_a_sweep_locks_its_recipes(cli: Cli, workspace: Path) -> None:
    (workspace / "recipes").mkdir()
    text = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"
    (workspace / "recipes/own.yaml").write_text(text)
    write("over: {dtype: [float16, auto]}\n").write_text("recipe: own\n")
    done = cli("lock", "+sweep=case", "--check", "--output", "json")
    assert done.code == 1, done.stderr
    assert "recipes/own.lock.yaml" in done.stdout
    assert cli("lock", "+sweep=nowhere").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["+sweep=nowhere"], "There is no sweep `nowhere`"),
        (["sweep=case"], r"Write `\+sweep=case`"),
        (["+sweep=case", "+sweep=case"], "given 2 times"),
        (["+sweep=case,other"], "names no sweep"),
        (["+sweep=../sweeps/case"], "There is no sweep"),
        (["+sweep=case", "dtype=flot16"], "command line error.unknown-value"),
    ],
)
def test_a_sweep_is_named_once_and_as_a_name(words: list[str], said: str) -> None:
    write("over: {dtype: [float16, auto]}\n")
    with pytest.raises(RecipeError, match=said):
        ask_sweep(words)


def test_relative_paths_are_relative_to_the_sweep_file(workspace: Path) -> None:
    write("over: {source: [{kind: local, path: a}]}\n")
    (workspace / "sweeps/a").mkdir()
    (workspace / "sweeps/a/config.json").write_text('{"model_type": "gpt2"}')
    (workspace / "sweeps/a/model.safetensors").write_text("")
    (point,) = ask_sweep(["+sweep=case"]).composed
    assert point.folder_of(("source", "path")) == workspace / "sweeps"
    assert str(point.origin(("source", "path")).place) == "sweeps/case.yaml:2:17"


@pytest.mark.parametrize("value", ["a\nb", "", "null", "${x}", "a\\'b", [[]], {"a": {}}, 1e-7, -1])
def test_any_plain_value_reads_back_as_it_was(value: object) -> None:
    assert parse_override(override_of("a.b", value)).value() == value


def test_what_no_override_can_say_is_refused() -> None:
    with pytest.raises(UnwritableError):
        override_of("a", {"b'c": 1})


def test_the_schema_takes_the_shipped_sweeps_and_refuses_what_validation_does() -> None:
    schema = jsonschema.Draft202012Validator(sweep_schema())
    found = find_sweep("text-generation/precision")
    schema.validate(found.document.values)  # pyright: ignore[reportAttributeAccessIssue]
    for wrong in ({}, {"recipe": "a", "ovr": {}}, {"recipe": "a", "launcher": {"kind": "x"}}):
        assert not schema.is_valid(wrong), json.dumps(wrong)


def test_a_space_that_is_counted_downwards_is_the_same_as_upwards() -> None:
    down, up = (
        bounds_of(parse_override(f"a={written}")) for written in ("range(9,0,-3)", "range(3,10,3)")
    )
    assert down == up
    assert down is not None
    assert (down.low, down.high, down.step) == (3, 9, 3)

"""What people type by habit or by mistake, and the one true sentence that they get."""

import re
import sys
from collections.abc import Callable
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

import pytest

from runner.cli.results import answer_line
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
SCRATCH = "text-generation/scratch"
CHAT = "text-generation/smollm2-chat"
GOOD = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("--config-name x", "Write +recipe=NAME."),
        ("run --config-name=x", "Write +recipe=NAME."),
        ("--config-path conf", "Write --config-dir DIR"),
        ("--cfg job", "`show +recipe=NAME` prints"),
        (f"+recipe={SCRATCH} --json", "Write --output json."),
        ("ls --json", "Write --output json."),
        ("validate --fx", "Did you mean `--fix`?"),
        ("lock --chek", "Did you mean `--check`?"),
        (f"lock -m +recipe={SCRATCH}", "It is one of `plan`, `rehearse` or `run`."),
        (f"validate {SCRATCH} dtype=float16", "`dtype=float16` names none."),
        ("validate ~dtype", "`validate` takes recipes as they are written"),
        (f"lock +recipe={SCRATCH} +params.n=1", "`plan +recipe=NAME key=value …` judges"),
        ("lock +recipe=text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("doctor +recipe=text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("validate --multirun", "It is one of `plan`, `rehearse` or `run`."),
        ("schema --fail-on", "It is one of `review`."),
        ("schema recipe again", "`again` is one word too many."),
        ("schema resipe", "choose from 'recipe', 'sweep'"),
        ("ls --output yaml", "choose from 'text', 'json'"),
        ("run text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("text-generation/scrach", f"Did you mean `{SCRATCH}`?"),
        ("show scratc", "Did you mean"),
        ("plan /dev/null", "There is no recipe `/dev/null`"),
        (f"show +recipe={SCRATCH} again", "`again` is not an override."),
        (f"show {SCRATCH} =x", "`=x`: what stands before the `=` is no name of a field."),
        (f"show {SCRATCH} evaluation.inputs.-1=x", "items of a list counted from 0"),
        (
            f"show {SCRATCH} params.top_k={{",
            "Quote a value with special characters: 'params.top_k=",
        ),
        (f"show {CHAT} evaluation.inputs.3=b", "has 1 item, counted from 0, and no `3`. Write the"),
        (f"show {CHAT} evaluation.expect.9.contains=b", "`evaluation.expect` has 1 item, counted"),
        (
            f"show {CHAT} evaluation.expect.x.contains=b",
            "no `x`. Write the list whole: evaluation.exp",
        ),
        (
            f"show {CHAT} +metadata.a=[x] metadata.a.1=y",
            "`metadata.a` has 1 item, counted from 0, and",
        ),
        (f"show {SCRATCH} out.x=1", "`out` is one value, and has no `x`. Write out=VALUE."),
        (f"show {SCRATCH} tracking.uri.x=1", "`tracking.uri` is one value, and has no `x`."),
        (f"show {SCRATCH} +description=>1", "cannot be read: '>' is a special character. Quote a"),
        (f"show {SCRATCH} ++source={{1:2}}", "The key `1` is not text. Write"),
        (f"show {SCRATCH} ~out", "`~out`: a run cannot be without it. Write out=VALUE."),
        (
            f"show {SCRATCH} ~tracking.uri=x",
            "a run cannot be without it. Write tracking.uri=VALUE.",
        ),
        ("ls --task text-generatio", "Did you mean `text-generation`?"),
        ("ls --source skratch", "choose from 'hub', "),
        (f"run +recipe={SCRATCH} out=/dev/null", "/dev/null is no place for folders."),
        (f"plan {SCRATCH} out=/dev/null/here", "/dev/null is no place for folders."),
        (f"rehearse {SCRATCH} out={'a' * 300}", "a name of 300 characters is too long"),
    ],
)
def test_one_error_says_what_to_do(cli: Cli, line: str, wanted: str) -> None:
    done = cli(*line.split())
    assert done.code == 2
    assert done.stdout == ""
    assert re.findall(r"error\[", done.stderr) == ["error["], done.stderr
    assert wanted in done.stderr


@pytest.mark.parametrize("verb", [("persist",), ("evaluate", f"+recipe={SCRATCH}")])
def test_an_error_and_its_remedy_are_two_sentences(cli: Cli, verb: tuple[str, ...]) -> None:
    done = cli(verb[0], "nowhere", *verb[1:])
    assert done.code == 3
    assert done.stderr.endswith("nowhere is not there. Name the folder of a model.\n")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("dtype: float16\n\tdevice: cpu", "There is a tab; YAML is indented with spaces."),
        ("source: {repo: ???}", "Quote a text that begins with ? here."),
        ("code_paths: [@x]", "Quote a text that begins with @ here."),
        ("tracking: {experiment: ${task}}", "Quote a reference that stands between braces"),
        ("description: a model: the best", "Quote a text with a colon and a space in it."),
        ("source: {repo: a", ""),
    ],
)
def test_what_yaml_does_not_take_is_said_in_words(
    cli: Cli, workspace: Path, text: str, remedy: str
) -> None:
    Path("a.yaml").write_text(GOOD + text)
    (line, _) = cli("validate", "a.yaml").stdout.splitlines()
    assert "error[unreadable-yaml] The YAML cannot be read: " in line
    assert ("Quote" in line or "tab;" in line) == bool(remedy)
    assert remedy in line


def test_a_line_that_cannot_be_read_gets_its_document(cli: Cli) -> None:
    document = cli("ls", "--jsn", "--output", "json").document
    assert document["error"]["code"] == "unknown-option"
    assert document["findings"] == []


@pytest.mark.parametrize("name", [SCRATCH, "own", "recipes/own.yaml", "elsewhere.yaml"])
def test_a_recipe_is_named_without_its_group(cli: Cli, workspace: Path, name: str) -> None:
    (workspace / "recipes").mkdir()
    for file in ("recipes/own.yaml", "elsewhere.yaml"):
        (workspace / file).write_text(GOOD)
    bare = cli("show", name, "dtype=bfloat16", "--output", "json").document
    assert bare == cli("show", f"+recipe={name}", "dtype=bfloat16", "--output", "json").document
    planned = cli("plan", "dtype=bfloat16", name, "--output", "json").document
    assert planned["digest"] == bare["digest"]


@pytest.mark.parametrize("given", [SCRATCH, "run"])
def test_a_bare_name_runs(cli: Cli, given: str) -> None:
    words = [SCRATCH] if given == SCRATCH else [given, SCRATCH]
    done = cli(*words, "tracking.uri=null", "evaluation.views=[]", "--output", "json")
    assert (done.code, done.document["recipe"]) == (0, SCRATCH)


@pytest.mark.parametrize("verb", ["run", "plan", "rehearse"])
@pytest.mark.parametrize(
    ("out", "wanted"), [("file", "is in the way"), ("link", "is in the way"), ("/proc/x", "/proc")]
)
def test_a_folder_that_this_disk_cannot_have(
    cli: Cli, workspace: Path, verb: str, out: str, wanted: str
) -> None:
    (workspace / "file").write_text("")
    (workspace / "link").symlink_to("nowhere")
    done = cli(verb, SCRATCH, f"out={out}")
    assert done.code == 3
    assert wanted in done.stderr
    assert "✓" not in done.stderr, "nothing ran"
    assert done.stderr.count("error[") == 1


@pytest.mark.parametrize("width", [60, 120, 160])
def test_a_long_input_is_cut_in_its_middle_and_the_answer_stays(width: int) -> None:
    line = answer_line("pyfunc", "begin " + "x" * 500 + " end", "the answer", width)
    assert len(line) == width
    assert line.startswith("  pyfunc: 'begin x")
    assert "…" in line
    assert line.endswith("end' → 'the answer'")


def test_a_long_answer_keeps_its_end_and_the_input() -> None:
    line = answer_line("native", "What is MLflow?", "a" * 500 + " end", 100)
    assert len(line) == 100
    assert line.startswith("  native: 'What is MLflow?' → 'aaa")
    assert line.endswith("aaa end'")


def test_locks_that_cannot_be_read_are_not_as_locked(cli: Cli, workspace: Path) -> None:
    (workspace / "recipes").mkdir()
    for name in ("one", "two"):
        (workspace / "recipes" / f"{name}.yaml").write_text(GOOD)
        (workspace / "recipes" / f"{name}.lock.yaml").write_text("lock: [\n")
    done = cli("lock", "--check")
    assert done.code == 2
    assert done.stdout == "2 recipes, 2 not checked\n"
    assert done.stderr.count("error[") == 2


def test_what_is_not_installed_is_a_note_on_a_shipped_recipe(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = "feature-extraction/minilm"

    def distribution(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("runner.sources.package.distribution", distribution)
    done = cli("validate")
    assert done.code == 0, done.stdout
    assert "note[package-missing]" in done.stdout
    assert re.search(
        r"^\d+ recipes, \d+ blocks, \d+ sweeps?, \d+ notes?$", done.stdout.splitlines()[-1]
    )
    (sarif,) = cli("validate", "--format", "sarif").document["runs"]
    assert {result["level"] for result in sarif["results"]} == {"note"}
    assert cli("validate", "--format", "github").stdout.startswith("::notice file=")
    assert cli("validate", "--output", "json").document["errors"] == 0

    named = cli("validate", shipped)
    assert named.code == 2
    assert "error[package-missing]" in named.stdout
    (workspace / "recipes").mkdir()
    (workspace / "recipes" / "own.yaml").write_text(f"defaults: [/recipe/{shipped}, _self_]\n")
    own = cli("validate")
    assert own.code == 2
    assert "1 error" in own.stdout


OPTIONAL = (
    "PIL", "av", "bitsandbytes", "gguf", "imageio_ffmpeg", "jsonschema", "model_signing", "nltk",
    "optuna", "pyspark", "ray", "rouge_score", "sacrebleu", "submitit", "torchao", "torchvision",
)  # fmt: skip
"""What the extras of the project bring, by the name that it is imported by."""


def test_without_any_optional_package_the_shelf_is_valid_with_notes(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_by_name = Distribution.from_name

    def from_name(name: str) -> Distribution:
        if name.replace("-", "_") in OPTIONAL:
            raise PackageNotFoundError(name)
        return found_by_name(name)

    monkeypatch.setattr(Distribution, "from_name", from_name)
    monkeypatch.setattr("runner.machine.libraries._version", version)  # which remembers
    for name in OPTIONAL:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("PATH", str(workspace))  # nor has the system an ffmpeg
    done = cli("validate", "--output", "json")
    assert (done.code, done.document["errors"]) == (0, 0), done.stdout
    found = {one["code"]: one["severity"] for one in done.document["findings"]}
    said = {"ffmpeg-missing", "library-missing", "quantize-package"}
    assert found == dict.fromkeys(said | found.keys() & {"package-missing"}, "note")
    for named, code in {
        "video-classification/scratch": "library-missing",
        "audio-classification/scratch": "ffmpeg-missing",
    }.items():
        done = cli("validate", named)
        assert (done.code, f"error[{code}]" in done.stdout) == (2, True), done.stdout
        assert "pip install" in done.stdout

"""Each realistic mistake in a recipe: its code, its place and its remedy, and never a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome

SOURCE = "source: {kind: scratch, architecture: gpt2}\n"
START = f"task: text-generation\n{SOURCE}"

CASES = [
    # (what, recipe, code, line, part of the message or remedy)
    ("unknown key", START + "prompt_tmplate: x\n", "unknown-key", 3, "`prompt_template`"),
    (
        "unknown key in source",
        "task: text-generation\nsource:\n  kind: hub\n  repo: org/m\n  revison: main\n",
        "unknown-key",
        5,
        "`revison` is not a field of source (kind: hub). Did you mean `revision`?",
    ),
    (
        "unknown key deep inside",
        START + "evaluation:\n  expect:\n    - {contians: Paris}\n",
        "unknown-key",
        5,
        "`contains`",
    ),
    (
        "unknown key of a param",
        START + "params:\n  n: {type: long, defualt: 1}\n",
        "unknown-key",
        4,
        "`default`",
    ),
    ("missing task", SOURCE, "missing-key", 1, "task"),
    ("wrong type", START + "params: [1]\n", "wrong-type", 3, "params"),
    ("wrong type of a flag", START + "save_pretrained: no\n", "wrong-type", 3, "save_pretrained"),
    ("unknown task", "task: text-generatoin\n" + SOURCE, "unknown-task", 1, "`text-generation`"),
    ("unknown kind", "task: fill-mask\nsource: {kind: hubb}\n", "unknown-kind", 2, "`hub`"),
    ("unknown dtype", START + "dtype: bfloat61\n", "unknown-value", 3, "`bfloat16`"),
    ("dtype no", START + "dtype: no\n", "unknown-value", 3, "no"),
    (
        "missing folder",
        "task: fill-mask\nsource:\n  kind: local\n  path: ./nowhere\n",
        "source-missing",
        4,
        "nowhere",
    ),
    (
        "folder without config.json",
        "task: fill-mask\nsource: {kind: local, path: ../empty}\n",
        "no-config",
        2,
        "config.json",
    ),
    (
        "package not installed",
        "task: fill-mask\nsource: {kind: package, distribution: no-such-dist, version: '1.0', "
        "path: a}\n",
        "package-missing",
        2,
        "no-such-dist==1.0",
    ),
    (
        "unknown architecture",
        "task: fill-mask\nsource: {kind: scratch, architecture: robrta}\n",
        "unknown-architecture",
        2,
        "`roberta`",
    ),
    ("unreadable YAML", "task: [\n", "unreadable-yaml", 2, "YAML"),
    ("a tab", "task: fill-mask\nsource:\n\tkind: hub\n", "unreadable-yaml", 3, "YAML"),
    ("duplicate key", START + "dtype: float32\ndtype: float16\n", "duplicate-key", 4, "line 3"),
    (
        "unquoted revision",
        "task: fill-mask\nsource:\n  kind: hub\n  repo: org/m\n  revision: 1234e56\n",
        "unquoted-text",
        5,
        '"1234e56"',
    ),
    ("no placeholder", START + "prompt_template: Answer.\n", "bad-template", 3, "{prompt}"),
    (
        "two placeholders",
        START + 'prompt_template: "{prompt} {prompt}"\n',
        "bad-template",
        3,
        "{prompt}",
    ),
    (
        "another placeholder",
        START + 'prompt_template: "{prompt} {context}"\n',
        "bad-template",
        3,
        "{context}",
    ),
    (
        "template on a task without",
        "task: text-classification\nsource: {kind: scratch, architecture: bert}\n"
        'prompt_template: "{prompt}"\n',
        "template-not-supported",
        3,
        "summarization",
    ),
    (
        "hydra",
        START + "hydra: {callbacks: {x: {_target_: os.system}}}\n",
        "forbidden-key",
        3,
        "hydra",
    ),
    (
        "_target_ deep inside",
        START + "model_config:\n  a:\n    _target_: os.system\n",
        "forbidden-key",
        5,
        "_target_",
    ),
    ("a package header", "# @package _global_\n" + START, "forbidden-key", 1, "header"),
    ("the environment", START + "description: ok\ntracking: {experiment: '${oc.env:HOME}'}\n",
     "interpolation", 4, "oc.env"),
    ("the environment, nested", START + "tracking: {experiment: '${${a}:HOME}'}\n",
     "interpolation", 3, "HOME"),
    ("a setting of the run", START + "out: elsewhere\n", "forbidden-key", 3, "command line"),
    ("code of a branch", "task: fill-mask\nsource: {kind: hub, repo: a/b, revision: main}\n"
     "trust_remote_code: true\n", "unpinned-code", 2, "pin `revision`"),
    ("a base that is not there", "defaults: [/recipe/no/such]\n" + START,
     "unknown-recipe", 1, "no/such"),
    ("a requirement pip cannot read", START + "requirements: {extra: ['no !! line']}\n",
     "bad-requirement", 3, "not a requirement"),
    ("a requirement from an address", START + "requirements: {extra: ['x @ https://a.b/x']}\n",
     "bad-requirement", 3, "address"),
    ("a name that no registry takes", START + "tracking: {register_as: a/b}\n",
     "bad-value", 3, "without `/` and `:`"),
    ("an alias of MLflow's own", START + "tracking: {alias: Latest}\n",
     "bad-value", 3, "Latest is one of MLflow's own"),
    ("an alias for a version", START + "tracking: {alias: v12}\n", "bad-value", 3, "MLflow's own"),
    ("an alias with a space", START + "tracking: {alias: the best}\n",
     "bad-value", 3, "letters, digits"),
    ("a tag that no store takes", START + "tracking: {tags: {'a=b': c}}\n",
     "bad-value", 3, "name of a tag"),
    ("an experiment with a long name", START + f"tracking: {{experiment: {'e' * 501}}}\n",
     "bad-value", 3, "500 characters"),
    ("an example of the wrong form", START + "input_example: 5\n", "bad-input", 3, "not text"),
    ("an input of the wrong form", START + "evaluation: {inputs: [a, {b: c}]}\n",
     "bad-input", 3, "is a mapping, not text"),
    ("a mapping without a key", "task: question-answering\n" + SOURCE
     + "input_example: {question: who, contxt: x}\n", "bad-input", 3, "has no `context`"),
    ("an expectation of no input", START + "evaluation: {expect: [{input: 1, contains: a}]}\n",
     "bad-expectation", 3, "the last is 0"),
    ("an expectation of no column", START
     + "evaluation: {expect: [{column: label, contains: a}]}\n", "bad-expectation", 3, "label"),
    ("a pattern that cannot be read", START + "evaluation: {expect: [{regex: '('}]}\n",
     "bad-expectation", 3, "missing )"),
    (
        "an unknown generate argument",
        START + "model_config: {max_new_tokns: 5}\n",
        "unknown-argument",
        3,
        "Did you mean `max_new_tokens`?",
    ),
    (
        "a param that no predict takes",
        "task: fill-mask\nsource: {kind: scratch, architecture: bert}\n"
        "params: {temperature: 1.0}\n",
        "unknown-argument",
        3,
        "not an argument that fill-mask takes",
    ),
    (
        "a param that is set at load alone",
        START + "params: {batch_tokens: 512}\n",
        "unknown-argument",
        3,
        "no call takes it. Write it in `model_config`.",
    ),
    (
        "a component that does not exist",
        START + "components: {tokeniser: {kind: local, path: .}}\n",
        "unknown-key",
        3,
        "`tokenizer`",
    ),
    (
        "a component that the task does not use",
        START + "components: {image_processor: {kind: scratch, architecture: vit}}\n",
        "component-not-used",
        3,
        "tokenizer",
    ),
    (
        "a template on a task without templates",
        "task: text-classification\nsource: {kind: scratch, architecture: bert}\n"
        "prompt_template: '{prompt}'\n",
        "template-not-supported",
        3,
        "text-generation",
    ),
    (
        "an input type that is not for the task",
        START + "input_type: bytes\n",
        "input-type-not-used",
        3,
        "audio",
    ),
    (
        "a pyfunc to prove where there is none",
        "task: object-detection\nsource: {kind: scratch, architecture: yolos}\n"
        "evaluation: {views: [pyfunc]}\npyfunc: mlflow\n",
        "no-pyfunc",
        3,
        "views: [native]",
    ),
    (
        "a recording that is not there",
        "task: audio-classification\nsource: {kind: scratch, architecture: wav2vec2}\n"
        "input_example: no.wav\n",
        "input-missing",
        3,
        "recording",
    ),
    (
        "a recording that is text",
        "task: audio-classification\nsource: {kind: scratch, architecture: wav2vec2}\n"
        "evaluation: {inputs: [bad.yaml]}\n",
        "bad-input",
        3,
        "is text, not a recording",
    ),
    (
        "a signature inferred from nothing",
        START + "signature: infer\n",
        "missing-key",
        3,
        "input_example",
    ),
    (
        "a signature where MLflow insists on its own",
        "task: llm/v1/chat\n" + SOURCE + "signature: {inputs: [{type: string}]}\n",
        "signature-not-free",
        3,
        "signature: task",
    ),
    (
        "a signature of an unknown type",
        START + "signature: {inputs: [{type: text}]}\n",
        "unknown-value",
        3,
        "string",
    ),
    (
        "an array of nothing",
        START + "signature: {inputs: [{type: array}]}\n",
        "bad-value",
        3,
        "items",
    ),
    (
        "a param of the wrong type",
        START + "params: {n: {type: long, default: many}}\n",
        "bad-param",
        3,
        "many",
    ),
    ("two conditions", START + "evaluation: {expect: [{contains: a, equals: b}]}\n",
     "bad-value", 3, "exactly one of"),
    ("a likeness of what has no vector",
     START + "evaluation: {inputs: [a, b], expect: [{input: 0, similar_to: 1, above: 0.5}]}\n",
     "bad-expectation", 3, "text-generation makes no vectors that `similar_to` could compare."),
    ("a likeness of a list of texts",
     "task: llm/v1/embeddings\nsource: {kind: scratch, architecture: bert}\n"
     "evaluation: {inputs: [{input: a}, {input: [a, b]}],\n"
     "  expect: [{input: 0, similar_to: 1, above: 0.5}]}\n",
     "bad-expectation", 4, "`similar_to: 1` is a list of texts, and has a vector for each."),
    ("an input that is a list of what is no text",
     "task: llm/v1/embeddings\nsource: {kind: scratch, architecture: bert}\n"
     "evaluation: {inputs: [{input: [a, 5]}]}\n",
     "bad-input", 3, "it takes text, or a list of it"),
    ("a pooling among others that there is not",
     "task: feature-extraction\nsource: {kind: scratch, architecture: bert}\n"
     "model_config: {pooling: [mean, median]}\n",
     "argument-out-of-range", 3, "pooling"),
    ("a likeness to nothing", START + "evaluation: {expect: [{similar_to: 0, above: 0.5}]}\n",
     "bad-value", 3, "similar_to needs input"),
    ("a view of the wrong name", START + "evaluation: {views: [pyfnc]}\n",
     "unknown-value", 3, "Did you mean `pyfunc`?"),
    ("a size without a unit", START + "max_shard_size: 500\n", "unquoted-text", 3, '"500"'),
    ("a reference to a folder", "task: fill-mask\nsource: {kind: scratch, architecture: bert}\n"
     "save_pretrained: false\n", "reference-needs-hub", 3, "kind: hub"),
    ("a merge of nothing", START + "merge: true\n", "merge-without-adapter", 3, "`adapter`"),
    ("a page for a repository", "task: fill-mask\nsource:\n  kind: hub\n"
     "  repo: https://huggingface.co/org/name\n", "bad-repo", 4, "Write `org/name`"),
    ("a revision that climbs", "task: fill-mask\nsource:\n  kind: hub\n  repo: org/m\n"
     "  revision: ../main\n", "bad-revision", 5, "branch, tag or commit"),
    ("weights for a GGUF file", "task: text-generation\nsource:\n  kind: hub\n  repo: org/m\n"
     "  file: model.safetensors\n", "not-gguf", 5, "Leave `file` out"),
    ("a file of another folder", "task: text-generation\nsource:\n  kind: hub\n  repo: org/m\n"
     "  file: ../m.gguf\n", "file-outside", 5, "name alone"),
    ("a version in a name", "task: fill-mask\nsource:\n  kind: package\n"
     "  distribution: PyYAML==6.0\n  path: yaml\n", "bad-distribution", 4, "`version`"),
    ("a path out of a package", "task: fill-mask\nsource:\n  kind: package\n"
     "  distribution: PyYAML\n  path: ../x\n", "path-outside", 5, "package_name/folder"),
    ("a label twice", "task: text-classification\nsource:\n  kind: scratch\n  architecture: bert\n"
     "  labels: [a, b, a]\n", "duplicate-label", 5, "each label once"),
    ("a number for a key", START + "params: {1: 2}\n", "bad-key", 3, '"1"'),
    ("a merge of YAML", "a: &a {b: c}\n" + START + "model_config:\n  <<: *a\n",
     "bad-key", 5, "`defaults`"),
    ("an object of Python", START + "description: !!python/name:os.system x\n",
     "forbidden-tag", 3, "Leave it out"),
    ("a recipe that is an object of Python", "!!python/object/apply:os.system\n" + START,
     "forbidden-tag", 1, "Leave it out"),
    ("a block with a tag", START + "params: !!python/object/new:os.system {top_k: 5}\n",
     "forbidden-tag", 3, "Leave it out"),
    ("a device for loading", START + "load: {model: {device_map: auto}}\n",
     "bad-load-argument", 3, "device=cuda:0"),
    ("code in a request", START + "params: {custom_generate: {type: string, default: a/b}}\n",
     "bad-inference-argument", 3, "would run code"),
    ("a mapping where a list is wanted", START + "evaluation: {inputs: {a: b}}\n",
     "wrong-type", 3, "a list"),
    ("a default that is a group", "defaults: [{/model: bert}]\n" + START,
     "bad-default", 1, "not a block of a recipe"),
    ("a default that need not be there", "defaults: [optional /recipe/x, _self_]\n" + START,
     "bad-default", 1, "`optional` is not taken. Write the name of a recipe, such as `/recipe/t"),
    ("a group that need not be there", "defaults: [{optional /evaluation: x}, _self_]\n" + START,
     "bad-default", 1, "`optional` is not taken."),
    ("a value left open", START + "params:\n  max_new_tokens: ???\n", "missing-key", 4,
     "is left open (`???`) for whoever extends the recipe. Give it, here or as `params.max_new_"),
    ("a recipe that extends itself", "defaults: [/recipe/bad]\n" + START,
     "recipe-circle", 1, "circle"),
    ("nothing", "", "unreadable-yaml", 1, "mapping"),
    ("a list", "- task: fill-mask\n", "unreadable-yaml", 1, "mapping"),
    ("a missing repository", "task: fill-mask\nsource:\n  kind: hub\n", "missing-key", 2, "repo"),
    ("a source that is a name", "task: fill-mask\nsource: org/name\n", "wrong-type", 2, "mapping"),
]  # fmt: skip


@pytest.fixture
def project(workspace: Path) -> Path:
    (workspace / "empty").mkdir()
    (workspace / "recipes").mkdir()
    return workspace


@pytest.mark.parametrize(
    ("text", "code", "line", "said"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_mistake_is_found_in_its_place(
    cli: Callable[..., Outcome], project: Path, text: str, code: str, line: int, said: str
) -> None:
    (project / "recipes" / "bad.yaml").write_text(text)
    done = cli("validate", "recipes/bad.yaml")
    assert done.code == 2, done.stdout + done.stderr
    found = [one for one in done.stdout.splitlines() if f"error[{code}]" in one]
    assert found, done.stdout
    assert found[0].startswith(f"recipes/bad.yaml:{line}:"), found
    assert said in found[0]
    assert "Traceback" not in done.stdout + done.stderr
    run = cli("+recipe=bad")
    assert run.code == 2
    assert f"error[{code}]" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (project / "outputs").exists()


def test_all_findings_of_all_files_come_at_once_and_in_order(
    cli: Callable[..., Outcome], project: Path
) -> None:
    (project / "recipes" / "b.yaml").write_text(START + "dtpe: float32\nsave_az: pipeline\n")
    (project / "recipes" / "a.yaml").write_text(START + "dtype: flat32\n")
    done = cli("validate", "recipes")
    lines = [line for line in done.stdout.splitlines() if "error[" in line]
    assert [line.split(" ")[0].rsplit(":", 1)[0] for line in lines] == [
        "recipes/a.yaml:3",
        "recipes/b.yaml:3",
        "recipes/b.yaml:4",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["+recipes=text-generation/scratch"], "unknown-group", "+recipe=text-generation/scratch"),
        (["+recipe=text-generation/scrach"], "unknown-recipe", "text-generation/scratch"),
        (
            ["+recipe=recipes/text-generation/scratch"],
            "unknown-recipe",
            "mean `text-generation/scratch`?",
        ),
        (["+recipe=gated.yaml"], "unknown-recipe", "mean `text-classification/gated`?"),
        (["dtype=float32"], "missing-recipe", "+recipe="),
        (["+recipe=text-generation/scratch", "dtpe=float16"], "unknown-key", "`dtype`"),
        (["+recipe=text-generation/scratch", "params.n=1"], "unknown-key", "+params.n=1"),
        (["+recipe=text-generation/scratch", "hydra.run.dir=x"], "forbidden-override", "out="),
        (["+recipe=text-generation/scratch", "device=tpu"], "bad-value", "device"),
        (["+recipe=../../etc/passwd"], "unknown-recipe", "passwd"),
        (["lst"], "unknown-verb", "`ls`"),
    ],
)
def test_a_wrong_command_line_is_explained(
    cli: Callable[..., Outcome], arguments: list[str], code: str, said: str
) -> None:
    done = cli(*arguments)
    assert done.code == 2
    assert code in done.stderr, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_composing_a_hostile_recipe_executes_nothing(
    cli: Callable[..., Outcome], project: Path
) -> None:
    (project / "recipes" / "evil.yaml").write_text(
        START
        + "hydra:\n  callbacks:\n    x: {_target_: pathlib.Path.touch, self: pwned}\n"
        + "  run: {dir: escaped}\n  job: {chdir: true}\n"
    )
    for arguments in (["validate"], ["show", "+recipe=evil"], ["+recipe=evil"], ["ls"]):
        cli(*arguments)
    assert sorted(p.name for p in project.iterdir()) == ["empty", "recipes"]


def test_the_environment_never_reaches_a_composed_recipe(
    cli: Callable[..., Outcome], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    text = "input_example: '${oc.env:SECRET_TOKEN} is text'\n"
    (project / "recipes" / "leak.yaml").write_text(START + text)
    done = cli("show", "+recipe=leak")
    assert done.code == 0, done.stderr
    assert "hunter2" not in done.stdout
    assert "${oc.env:SECRET_TOKEN} is text" in done.stdout


@pytest.mark.process
def test_validating_everything_imports_no_torch(workspace: Path) -> None:
    code = (
        "import sys; from runner.cli import main; code = main(['validate']);"
        "print(code, sorted({'torch', 'transformers', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workspace,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout

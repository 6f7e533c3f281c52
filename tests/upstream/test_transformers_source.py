"""What is read from transformers' source is what importing it says; and what broke is named."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import transformers
from transformers import GenerationMixin
from transformers.pipelines import SUPPORTED_TASKS
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from runner.tasks import all_tasks
from runner.upstream import transformers_source as source
from runner.upstream.errors import Moved

CACHED = (
    source.pipelines,
    source.accepted_arguments,
    source.own_arguments,
    source.generation_arguments,
    source.tokenizer_arguments,
    source._method,
    source._text,
    source._imported,
)


def _implementing(task: str) -> Any:
    """Give the class of a pipeline; transformers 5 lists its name."""
    listed: Any = SUPPORTED_TASKS[task]["impl"]
    return getattr(transformers, listed) if isinstance(listed, str) else listed


def test_the_pipelines_are_those_of_the_library() -> None:
    there = {task: _implementing(task).__name__ for task in SUPPORTED_TASKS}
    assert dict(source.pipelines()) == there


def test_the_settings_of_generation_are_the_attributes_of_its_configuration() -> None:
    there = {name for name in vars(transformers.GenerationConfig()) if not name.startswith("_")}
    set_by_transformers_itself = {"is_assistant"} - source.generation_arguments()
    assert source.generation_arguments() == there - set_by_transformers_itself


def test_the_arguments_of_generate_itself_are_of_its_signature() -> None:
    assert inspect.signature(GenerationMixin.generate).parameters.keys() >= source._OF_GENERATE


def test_the_arguments_of_a_tokenizer_are_those_of_its_call() -> None:
    parameters = inspect.signature(PreTrainedTokenizerBase.__call__).parameters.values()
    named = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
    assert source.tokenizer_arguments() == named - {"self"}


@pytest.mark.parametrize("task", sorted(SUPPORTED_TASKS))
def test_a_pipeline_takes_what_its_class_says(task: str) -> None:
    kind = _implementing(task)
    parameters = inspect.signature(kind._sanitize_parameters).parameters.values()
    named = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} - {"self"}
    assert named <= source.own_arguments(kind.__name__)
    assert source.own_arguments(kind.__name__) <= source.accepted_arguments(task)
    looked_for = source.own_arguments(kind.__name__) - named
    text = inspect.getsource(kind._sanitize_parameters)
    assert all(f'"{name}"' in text for name in looked_for)


def test_every_task_has_a_pipeline_or_says_since_when_it_has_none() -> None:
    major = int(source.transformers_version().partition(".")[0])
    for task in all_tasks().values():
        gone = bool(task.gone_in) and major >= int(task.gone_in.partition(".")[0])
        without = gone or task.forward
        assert source.has_pipeline(task.pipeline_task) != without, task.name


def test_languages_are_no_part_of_what_transformers_lists() -> None:
    there = source.has_pipeline("translation")
    assert source.has_pipeline("translation_en_to_fr") == there


def test_reading_the_installed_transformers_has_no_problem() -> None:
    assert list(source.problems()) == []


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what is read, in place of the installed transformers."""
    installed = Path(transformers.__file__).parent
    package = tmp_path / "transformers"
    names = [p.relative_to(installed) for p in (installed / "pipelines").glob("*.py")]
    names += [Path("generation/configuration_utils.py"), Path("tokenization_utils_base.py")]
    for name in names:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text((installed / name).read_text(encoding="utf-8"))
    (package / "__init__.py").touch()
    spec = type("Spec", (), {"origin": str(package / "__init__.py")})
    monkeypatch.setattr(source.importlib.util, "find_spec", lambda name: spec)
    for reading in CACHED:
        reading.cache_clear()
    yield package
    for reading in CACHED:
        reading.cache_clear()


BREAKS = [
    ("pipelines/__init__.py", "SUPPORTED_TASKS", "TASKS", "`SUPPORTED_TASKS` is set nowhere"),
    ("pipelines/__init__.py", '"impl":', '"class":', "names no class as `impl`"),
    ("pipelines/__init__.py", "from .fill_mask", "from .masks.fill_mask",
     "pipelines/masks.fill_mask.py"),
    ("pipelines/fill_mask.py", "_sanitize_parameters", "_sort", "FillMaskPipeline has no"),
    ("generation/configuration_utils.py", "kwargs.pop(", "settings.pop(",
     "takes no setting from `kwargs`"),
    ("generation/configuration_utils.py", "class GenerationConfig(", "class Generation(",
     "GenerationConfig has no `__init__`"),
    ("tokenization_utils_base.py", "    def __call__(", "    def call(",
     "PreTrainedTokenizerBase has no `__call__`"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), BREAKS)
def test_another_shape_is_told_and_not_read_as_nothing(
    copied: Path, file: str, old: str, new: str, said: str
) -> None:
    text = (copied / file).read_text(encoding="utf-8")
    assert old in text
    ast.parse(changed := text.replace(old, new))
    (copied / file).write_text(changed, encoding="utf-8")
    assert any(said in problem for problem in source.problems()), list(source.problems())
    with pytest.raises(Moved):
        _ask_everything()


def _ask_everything() -> None:
    for task in ("fill-mask", "text-generation", "text-classification"):
        source.accepted_arguments(task)


def test_a_pipeline_that_hands_its_arguments_to_the_unknown_is_told(copied: Path) -> None:
    file = copied / "pipelines" / "fill_mask.py"
    file.write_text(
        "class FillMaskPipeline:\n"
        "    def _sanitize_parameters(self, **kwargs):\n"
        "        return {}, kwargs, {}\n"
    )
    with pytest.raises(Moved, match="it is not seen to what"):
        source.accepted_arguments("fill-mask")

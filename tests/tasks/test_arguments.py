"""What arguments are declared to take is what the installed transformers takes."""

import inspect
from importlib import import_module

import pytest
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers.pipelines import SUPPORTED_TASKS

from runner.pyfunc.settings import DEFAULTS
from runner.tasks import all_tasks
from runner.tasks.arguments import EXTENDED, GENERATION, LOADING, PIPELINE, Argument
from runner.upstream.transformers_source import accepted_arguments, has_pipeline

FOUR = transformers.__version__.startswith("4.")


@pytest.mark.parametrize("name", sorted(GENERATION))
def test_a_setting_of_generation_is_as_its_configuration_has_it(name: str) -> None:
    there = vars(transformers.GenerationConfig())
    assert name in there
    if FOUR:
        assert GENERATION[name].null == (there[name] is None)
    if there[name] is not None:
        assert GENERATION[name].takes(there[name])
        assert GENERATION[name].allows(there[name])


@pytest.mark.parametrize("name", sorted(GENERATION))
def test_transformers_checks_no_bound_that_is_wider_than_ours(name: str) -> None:
    argument = GENERATION[name]
    for value in (argument.least, argument.most):
        if value is not None:
            value = int(value) if argument.kinds[0] == "integer" else value
            config = transformers.GenerationConfig(**{name: value})
            config.validate()  # raises where the bound itself is refused


def test_what_a_pipeline_is_declared_to_take_some_pipeline_takes() -> None:
    taken = [accepted_arguments(task) for task in SUPPORTED_TASKS]
    if FOUR:
        assert PIPELINE.keys() <= frozenset().union(*taken)


@pytest.mark.parametrize("task", sorted(SUPPORTED_TASKS))
def test_the_defaults_of_a_pipeline_are_of_the_types_declared(task: str) -> None:
    sanitize = SUPPORTED_TASKS[task]["impl"]._sanitize_parameters
    for name, parameter in inspect.signature(sanitize).parameters.items():
        default = parameter.default
        if name in PIPELINE and default not in (parameter.empty, ""):
            assert PIPELINE[name].takes(default), (name, default)


def test_what_a_tokenizer_is_declared_to_take_it_has() -> None:
    model = Tokenizer(WordLevel({"a": 0, "b": 1}, unk_token="a"))
    there = transformers.PreTrainedTokenizerFast(tokenizer_object=model, eos_token="b")
    known = {
        name: argument for name, argument in LOADING["tokenizer"].items() if hasattr(there, name)
    }
    assert {"padding_side", "truncation_side", "model_max_length", "eos_token"} <= known.keys()
    for name, argument in known.items():
        value = getattr(there, name)
        value = value if name != "model_max_length" else min(value, 2**63)
        assert argument.takes(int(value) if isinstance(value, float) else value), (name, value)


def test_the_settings_of_every_inference_are_those_of_the_code_that_ships() -> None:
    of_recipes = DEFAULTS.keys() - {"truncation"}  # `evaluation.truncation` says that one
    assert of_recipes | {"seed"} == EXTENDED.keys()
    for name in of_recipes:
        default = DEFAULTS[name]
        assert EXTENDED[name].takes(default)
        assert EXTENDED[name].allows(default)


@pytest.mark.parametrize("name", sorted(n for n, t in all_tasks().items() if not t.forward))
def test_a_task_names_an_adapter_that_there_is(name: str) -> None:
    module, _, adapter = all_tasks()[name].inference.partition(":")
    kind = getattr(import_module(f"runner.pyfunc.{module}"), adapter)
    assert callable(kind.predict)
    assert callable(kind.stream)


@pytest.mark.parametrize("name", sorted(all_tasks()))
def test_what_a_task_declares_as_its_own_is_not_the_pipelines(name: str) -> None:
    task = all_tasks()[name]
    if has_pipeline(task.pipeline_task) and not task.gone_in:
        assert not task.arguments.keys() & accepted_arguments(task.pipeline_task)


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        (Argument(("boolean",)), "No", "`No` is text here; write false."),
        (Argument(("boolean",)), "on", "`on` is text here; write true."),
        (Argument(("integer",)), "4L", "`4L` is text here; write 4."),
        (Argument(("integer",)), "2.5", ""),
        (Argument(("number",)), "1e-3", "`1e-3` is text here; write 1e-3."),
        (Argument(("integer",)), "many", ""),
        (Argument(("integer",), null=True), "None", "`None` is text here; write null."),
        (Argument(("text",), choices=("simple", "first")), "simpl", "Did you mean `simple`?"),
        (Argument(("boolean",)), None, "Leave it out."),
        (Argument(("integer",)), 2.5, ""),
    ],
)
def test_what_was_meant_is_said(argument: Argument, value: object, said: str) -> None:
    assert argument.meant(value) == said


def test_what_is_wanted_reads_as_a_sentence_part() -> None:
    assert Argument(("boolean", "text"), choices=("word", "char")).wanted == (
        "true, false, `word` or `char`"
    )
    assert Argument(("integer", "list"), least=1).wanted == "a whole number or a list from 1 on"
    assert Argument(("number",), least=0, most=1).wanted == "a number from 0 to 1"

"""What the installed transformers has, read from its source: importing it takes seconds.

Of each file only the statement that is asked for is parsed. Seen to hold from 4.57 to 5.23.
"""

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from runner.upstream.errors import Moved
from runner.upstream.statements import NEXT, statement

_PIPELINES = "pipelines/__init__.py"
_GENERATION = "generation/configuration_utils.py"
_TOKENIZER = "tokenization_utils_base.py"
_OF_EVERY_PIPELINE = frozenset({"batch_size", "num_workers"})
_OF_GENERATE = frozenset({"generation_config", "synced_gpus"})
"""What a recipe can say of the arguments that are of ``generate`` itself, not settings of it."""
_IMPORT = re.compile(r"^\s*from \.([\w.]+) import (\([^)]*\)|.*)", re.MULTILINE)


def transformers_version() -> str:
    """Give the installed version; empty where there is none."""
    try:
        return version("transformers")
    except PackageNotFoundError:
        return ""


@cache
def pipelines() -> Mapping[str, str]:
    """Give the pipeline tasks of the installed transformers, each with the name of its class.

    Raises:
        Moved: They are not where they were.
    """
    found: dict[str, str] = {}
    for task, entry in _entries(_assigned("SUPPORTED_TASKS", _PIPELINES)):
        classes = [
            name for key, value in _entries(entry) if key == "impl" for name in _named(value)
        ]
        if not classes:
            raise _moved(f"SUPPORTED_TASKS[{task!r}] names no class as `impl`", _PIPELINES)
        found[task] = classes[0]
    if not found:
        raise _moved("SUPPORTED_TASKS lists no task", _PIPELINES)
    return MappingProxyType(found)


def has_pipeline(pipeline_task: str) -> bool:
    """Say whether the installed transformers has a pipeline.

    Args:
        pipeline_task: Its task, one that names languages (``translation_en_to_fr``) included.

    Raises:
        Moved: The pipelines are not where they were.
    """
    return _listed(pipeline_task) in pipelines()


def _listed(pipeline_task: str) -> str:
    """Give the task that transformers lists: it knows what stands before the languages alone."""
    return pipeline_task.partition("_")[0]


@cache
def accepted_arguments(pipeline_task: str) -> frozenset[str]:
    """Give the keyword arguments that calling a pipeline accepts.

    Args:
        pipeline_task: A task of :func:`pipelines`.

    Returns:
        Names: what its ``_sanitize_parameters`` takes, what every pipeline takes, and, as far as
        it passes them on, what generation and the tokenizer take. No name for a task that the
        installed transformers has no pipeline for.

    Raises:
        Moved: The pipeline is not in the form that it was.
    """
    if not has_pipeline(pipeline_task):
        return frozenset()
    class_name = pipelines()[_listed(pipeline_task)]
    file = _file_of(class_name)
    function = _sanitizer(class_name, file)
    names = own_arguments(class_name) | _OF_EVERY_PIPELINE
    passes_on = _passes_on(function)
    generates, tokenizes = _calls("generate", file), _calls("tokenizer", file)
    if passes_on and not generates and not tokenizes:
        raise _moved(f"{class_name} passes its arguments on, and it is not seen to what", file)
    if generates:
        names |= generation_arguments() | _OF_GENERATE
    if passes_on and tokenizes:
        names |= tokenizer_arguments()
    return names


@cache
def own_arguments(class_name: str) -> frozenset[str]:
    """Give what the ``_sanitize_parameters`` of a pipeline takes or looks for by name.

    Args:
        class_name: One of :func:`pipelines`.

    Raises:
        Moved: The class is not in the form that it was.
    """
    function = _sanitizer(class_name, _file_of(class_name))
    names = _parameters(function)
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()]):
                names.add(key)
            case _:
                pass
    return frozenset(name for name in names if not name.startswith("_"))


@cache
def generation_arguments() -> frozenset[str]:
    """Give the settings of generation: the public attributes of a ``GenerationConfig``.

    Raises:
        Moved: They are not set as they were.
    """
    function = _method("GenerationConfig", "__init__", _GENERATION)
    popped: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="kwargs"), attr="pop"),
                args=[ast.Constant(value=str(name)), *_],
            ) if not name.startswith("_"):
                popped.add(name)
            case _:
                pass
    if not popped:
        raise _moved("GenerationConfig.__init__ takes no setting from `kwargs`", _GENERATION)
    return frozenset(popped)


@cache
def tokenizer_arguments() -> frozenset[str]:
    """Give the arguments of calling a tokenizer.

    Raises:
        Moved: They are not where they were.
    """
    return frozenset(_parameters(_method("PreTrainedTokenizerBase", "__call__", _TOKENIZER)))


def problems() -> Iterator[str]:
    """Say which readings of the installed transformers broke, a sentence each."""
    readings: list[Callable[[], object]] = [pipelines, generation_arguments, tokenizer_arguments]
    for reading in readings:
        yield from _problem(reading)
    if not list(_problem(pipelines)):
        for task in pipelines():
            yield from _problem(lambda task=task: accepted_arguments(task))


def _problem(reading: Callable[[], object]) -> Iterator[str]:
    try:
        reading()
    except Moved as error:
        yield error.message


def _file_of(class_name: str) -> str:
    """Give the file of a pipeline class: that of the module it is imported from."""
    if module := _imported().get(class_name):
        return f"pipelines/{module}.py"
    raise _moved(f"{class_name} is imported from nowhere", _PIPELINES)


@cache
def _imported() -> Mapping[str, str]:
    """Give the module that each name of the pipelines' package is imported from."""
    found = _IMPORT.findall(_text(_PIPELINES))
    return {name: module for module, names in found for name in re.findall(r"\w+", names)}


def _sanitizer(class_name: str, file: str) -> ast.FunctionDef:
    return _method(class_name, "_sanitize_parameters", file)


@cache
def _method(class_name: str, name: str, file: str) -> ast.FunctionDef:
    """Find a method of a class, or of the class in the same file that it extends."""
    text, at, seen = _text(file), class_name, set[str]()
    while at not in seen and (header := _class(at, text)):
        seen.add(at)
        body = NEXT[""].search(text, header.end())
        end = body.start() if body else len(text)
        if begins := re.compile(rf"^    def {name}\(", re.MULTILINE).search(
            text, header.end(), end
        ):
            found = statement(text, begins.start(), "    ")
            if isinstance(found, ast.FunctionDef):
                return found
        bases = re.findall(r"(\w+)\s*[,)]", header[1])
        at = next((base for base in bases if _class(base, text)), at)
    raise _moved(f"{class_name} has no `{name}`", file)


def _class(name: str, text: str) -> re.Match[str] | None:
    return re.search(rf"^class {name}\b([^:]*):", text, re.MULTILINE)


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {a.arg for a in (*function.args.args[1:], *function.args.kwonlyargs)}


def _passes_on(function: ast.FunctionDef) -> bool:
    """Say whether its other arguments go further than being looked at one by one."""
    if function.args.kwarg is None:
        return False
    looked_at: set[int] = set()
    uses: set[int] = set()
    for node in ast.walk(function):
        match node:
            case ast.Compare():
                looked_at |= {id(part) for part in node.comparators}
            case ast.Subscript():
                looked_at.add(id(node.value))
            case ast.Name(id=function.args.kwarg.arg):
                uses.add(id(node))
            case _:
                pass
    return not uses <= looked_at


def _calls(name: str, file: str) -> bool:
    """Say whether anything in a file calls a method or a part of that name."""
    code = _NOT_CODE.sub("", _text(file))
    return re.search(rf"\.{name}\(", code) is not None


_NOT_CODE = re.compile(r'"""[\s\S]*?"""|#.*')
"""Documentation and comments."""


def _assigned(name: str, file: str) -> ast.expr:
    text = _text(file)
    if begins := re.search(rf"^{name}\b.*=", text, re.MULTILINE):
        match statement(text, begins.start(), ""):
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return value
            case _:
                pass
    raise _moved(f"`{name}` is set nowhere", file)


def _entries(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, item


def _named(value: ast.expr) -> Iterator[str]:
    """Give the last name of ``Name``, ``module.Name`` or ``"module.Name"``."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Constant(value=str(name)):
            yield name.rpartition(".")[2]
        case _:
            pass


@cache
def _text(name: str) -> str:
    spec = importlib.util.find_spec("transformers")
    if spec is None or spec.origin is None:
        raise Moved("transformers is not installed.", "pip install transformers")
    file = Path(spec.origin).parent / name
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _moved(f"it cannot be read ({error})", name) from error


def _moved(what: str, file: str) -> Moved:
    return Moved(
        f"transformers {transformers_version()} is not as it was: {what} in {file}.",
        "Install a version of transformers that the runner is known to work with.",
    )

"""What the installed transformers has, read from its source text: importing it takes seconds."""

import ast
import importlib.util
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ENTRY = re.compile(r'^    "([\w-]+)": \{\s*"impl": "?([\w.]+)"?,', re.MULTILINE)
_IMPORT = re.compile(r"^\s*from \.(\w+) import ([\w, ]+|\([\w,\s]+\))", re.MULTILINE)
_SETTING = re.compile(r'self\.(\w+) = kwargs\.pop\("\w+"')
_BASE_ARGUMENTS = {"batch_size", "num_workers"}
_GENERATE_ARGUMENTS = {
    "generation_config", "logits_processor", "stopping_criteria", "prefix_allowed_tokens_fn",
    "synced_gpus", "streamer", "negative_prompt_ids", "negative_prompt_attention_mask",
}  # fmt: skip
_NOT_ARGUMENTS = {"self", "kwargs", "cls"}


def transformers_version() -> str:
    """Give the installed version; empty where there is none."""
    try:
        return version("transformers")
    except PackageNotFoundError:
        return ""


@cache
def pipelines() -> dict[str, str]:
    """Give the pipeline tasks of the installed transformers, each with the name of its class.

    Returns:
        Nothing where they cannot be read; then nothing can be said about them.
    """
    found = _ENTRY.findall(_text("pipelines/__init__.py"))
    return {task: impl.rpartition(".")[2] for task, impl in found}


def has_pipeline(pipeline_task: str) -> bool:
    """Say whether the installed transformers has a pipeline; yes where that cannot be read.

    Args:
        pipeline_task: Its task, one that names languages (``translation_en_to_fr``) included.
    """
    return not pipelines() or _listed(pipeline_task) in pipelines()


def _listed(pipeline_task: str) -> str:
    return pipeline_task.partition("_")[0]


@cache
def accepted_arguments(pipeline_task: str) -> frozenset[str]:
    """Give the keyword arguments that calling a pipeline accepts.

    Args:
        pipeline_task: A task of :func:`pipelines`.

    Returns:
        Names: what its ``_sanitize_parameters`` takes, what every pipeline takes, and, as far as
        it passes them on, what generation and the tokenizer take. Nothing where that cannot be
        told from the text, or where anything is passed on.
    """
    class_name = pipelines().get(_listed(pipeline_task), "")
    module = _modules().get(class_name, "")
    text = _text(f"pipelines/{module}.py") if module else ""
    function = _sanitizer(text, class_name)
    if function is None:
        return frozenset()
    names = _names(function) | _BASE_ARGUMENTS
    passes_on = _passes_on(function)
    generates = ".generate(" in text
    if passes_on and not generates and "tokenizer(" not in text:
        return frozenset()
    if generates:
        names |= _generation_arguments()
    if passes_on and "tokenizer(" in text:
        names |= _tokenizer_arguments()
    return frozenset(name for name in names - _NOT_ARGUMENTS if not name.startswith("_"))


def _sanitizer(text: str, class_name: str) -> ast.FunctionDef | None:
    """Find a class's ``_sanitize_parameters``, or that of the class in the file it extends."""
    if not text:
        return None
    classes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    while node := classes.get(class_name):
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "_sanitize_parameters":
                return item
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        class_name = next((base for base in bases if base in classes), "")
    return None


def _names(function: ast.FunctionDef) -> set[str]:
    """Give its arguments, and the keys that it looks for among the others."""
    names = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
    for node in ast.walk(function):
        match node:
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()]):
                names.add(key)
            case _:
                pass
    return names


def _passes_on(function: ast.FunctionDef) -> bool:
    """Say whether its other arguments go further than being looked at one by one."""
    if function.args.kwarg is None:
        return False
    looked_at: set[int] = set()
    for node in ast.walk(function):
        match node:
            case ast.Compare():
                looked_at |= {id(part) for part in node.comparators}
            case ast.Subscript():
                looked_at.add(id(node.value))
            case _:
                pass
    name = function.args.kwarg.arg
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    return any(id(use) not in looked_at for use in uses)


@cache
def _modules() -> dict[str, str]:
    """Give the module of each pipeline class."""
    found: dict[str, str] = {}
    for module, names in _IMPORT.findall(_text("pipelines/__init__.py")):
        found |= {name.strip(): module for name in names.strip("()").split(",")}
    return found


@cache
def _generation_arguments() -> frozenset[str]:
    settings = _SETTING.findall(_text("generation/configuration_utils.py"))
    return frozenset({*settings, *_GENERATE_ARGUMENTS})


@cache
def _tokenizer_arguments() -> frozenset[str]:
    text = _text("tokenization_utils_base.py")
    start = text.find("    def __call__(")
    stop = text.find(") -> BatchEncoding:", start)
    if start < 0 or stop < 0:
        return frozenset()
    return frozenset(re.findall(r"^        (\w+)\s*[:=,]", text[start:stop], re.MULTILINE))


@cache
def _text(name: str) -> str:
    spec = importlib.util.find_spec("transformers")
    if spec is None or spec.origin is None:
        return ""
    file = Path(spec.origin).parent / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""

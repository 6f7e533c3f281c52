"""What is known of one thing stands in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

from runner.sources import all_kinds
from runner.tasks import all_tasks
from tests.conftest import REPOSITORY

RUNNER = REPOSITORY / "runner"
TASKS = {name for task in all_tasks().values() for name in (task.name, task.pipeline_task)}


def _constants(file: Path) -> Iterator[ast.Constant]:
    """Give the texts of a module that are not docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    alone = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in alone:
            yield node


def _own_file(name: str) -> Path:
    return RUNNER / "tasks" / f"{name.replace('-', '_').replace('/', '_')}.py"


A_VIEW_TOO = {"native"}
"""Tasks that share their name with a view: named as a task only where a task is compared."""


def test_no_task_is_named_outside_its_file() -> None:
    named = [
        f"{file.relative_to(REPOSITORY)}:{node.lineno} names {node.value}"
        for file in sorted(RUNNER.rglob("*.py"))
        for node in _constants(file)
        if node.value in TASKS - A_VIEW_TOO and file != _own_file(str(node.value))
    ]
    assert named == []


def test_no_task_that_is_called_as_a_view_is_compared() -> None:
    compared = [
        f"{file.relative_to(REPOSITORY)}:{node.lineno}"
        for file in sorted(RUNNER.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and _is_of_a_task(node)
    ]
    assert compared == []
    assert _is_of_a_task(ast.parse('recipe.task == "native"', mode="eval").body)


def _is_of_a_task(node: ast.AST) -> bool:
    parts = [*ast.walk(node)]
    of_task = any("task" in _name_of(part) for part in parts)
    texts = {part.value for part in parts if isinstance(part, ast.Constant)}
    return of_task and bool(texts & A_VIEW_TOO)


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def test_every_task_is_in_the_file_of_its_name() -> None:
    assert all(_own_file(name).is_file() for name in all_tasks())


def test_no_source_kind_is_named_outside_its_file() -> None:
    named = [
        f"{file.relative_to(REPOSITORY)}:{line} {kind}"
        for file in sorted(RUNNER.rglob("*.py"))
        for line, kind in _kinds_named(ast.parse(file.read_text(encoding="utf-8")))
        if not _is_of_kind(file, kind)
    ]
    assert named == []


_OTHER_MEANINGS = {
    "mlflow": {
        "transformers": "the distribution, in a list of distributions",
        "extended": "whose inference code a model holds: the choices of the field `pyfunc`",
        "pyfunc": "whose inference code a model holds: compared with the field `pyfunc`",
        "3.17.0 to 3.17.2": "the distribution, beside versions of it",
    },
    "package": {"_global_": "Hydra's word for where a config lands"},
    "local": {
        "global": "GPT-Neo's word for an attention layer that looks nearby",
        "ray": "where an evaluation runs: the choices of the field `engine`",
        "code": "where a dataset comes from, as MLflow says it",
    },
}
"""Words of other trades that are names of kinds too, by the word beside them that says which."""


def _kinds_named(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Give each text that is the name of a kind and, by what stands beside it, nothing else."""
    documents = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for around in ast.walk(module):
        inside = list(ast.iter_child_nodes(around))
        beside = {word for node in inside for word in _words(node)}
        for node in inside:
            if isinstance(node, ast.Constant) and node.value in all_kinds():
                others = _OTHER_MEANINGS.get(str(node.value), {})
                if id(node) not in documents and not beside.intersection(others):
                    yield node.lineno, str(node.value)


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Attribute(attr=name):
            yield name
        case _:
            return


def _is_of_kind(file: Path, kind: str) -> bool:
    """Tell whether a file, or the folder that it lies in, is the kind's own."""
    room = RUNNER / "sources"
    return room / f"{kind}.py" == file or room / kind in file.parents


def test_the_search_finds_a_kind_however_it_is_named() -> None:
    code = """
'hub'
def one(source):
    '''local'''
    if source.kind == "hub": ...
    match source.kind:
        case "local": ...
    table = {"package": 1}
    call(kind="scratch")
    x = "mlflow"
    fine = ("mlflow", "transformers"), recipe.pyfunc == "mlflow"
"""
    found = [kind for _, kind in sorted(_kinds_named(ast.parse(code)))]
    assert found == ["hub", "local", "package", "scratch", "mlflow"]

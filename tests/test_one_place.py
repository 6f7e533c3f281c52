"""What is known of one thing stands in one place."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from runner.sources import all_kinds
from runner.tasks import all_tasks
from tests.conftest import REPOSITORY

RUNNER = REPOSITORY / "runner"
TASKS = {name for task in all_tasks().values() for name in (task.name, task.pipeline_task)}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _constants(file: Path) -> Iterator[ast.Constant]:
    """Give the texts of a module that are not docstrings."""
    tree = _tree(file)
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
        for node in ast.walk(_tree(file))
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
        for line, kind in _kinds_named(_tree(file))
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


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(_tree(file)):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case _:
                pass


def test_hydra_reads_overrides_and_composes_nothing() -> None:
    """There is one merge of recipes, ours: of Hydra there is the grammar, and its error."""
    imported = {
        module: file.parent.name
        for file in RUNNER.rglob("*.py")
        for module in _imported(file)
        if module.partition(".")[0] in ("hydra", "omegaconf") and module != "hydra.errors"
    }
    assert imported
    assert all(module.startswith("hydra.core.override_parser.") for module in imported)
    assert set(imported.values()) == {"upstream"}


_THE_CODE_OF_OTHERS = {
    "metrics/own.py": "a metric that comes with a recipe raises what it likes",
    "evaluation/own_metrics.py": "the module of such a metric does, while it is imported",
    "evaluation/plain_mlflow.py": "runs in an environment of the model's own, without the runner",
    "engines/spark_engine.py": "is raised again where the rows are known",
    "upstream/quantizers.py": "is given back: what a library raises while it is imported",
    "serving/threads.py": "is raised again where the work is waited for",
    "serving/refusals.py": "a server goes on, and says what a request met",
    "sources/scratch/config.py": "what a configuration does not take, Python says of the caller",
    "sources/hub/verdicts.py": "mistakes were raised before",
    "cli/__init__.py": "shows it whole, as a defect",
}
"""Where everything is caught around what is not ours alone."""


def test_what_catches_everything_lets_mistakes_of_ours_through() -> None:
    hidden = {
        f"{file.relative_to(RUNNER)}:{node.lineno}"
        for file in RUNNER.rglob("*.py")
        if "pyfunc" not in file.parts and str(file.relative_to(RUNNER)) not in _THE_CODE_OF_OTHERS
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type)
        if not _lets_through(node)
    }
    assert hidden == set()
    assert all((RUNNER / name).is_file() for name in _THE_CODE_OF_OTHERS)


def _catches_everything(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    broad = ("Exception", "BaseException")
    return any(one is None or isinstance(one, ast.Name) and one.id in broad for one in kinds)


def _lets_through(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler begins with ``raise_if_ours``, or raises what it caught as it is."""
    first, *_ = handler.body
    checks = isinstance(first, ast.Expr) and ast.unparse(first).startswith("raise_if_ours(")
    return checks or any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(handler))


_LONG = 30
"""From how many nodes of the syntax tree on a function is not written again."""


def test_no_function_is_written_twice() -> None:
    found: dict[str, list[str]] = {}
    for file in sorted(RUNNER.rglob("*.py")):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if sum(1 for part in body for _ in ast.walk(part)) >= _LONG:
                    said = "\n".join(map(ast.dump, body))
                    found.setdefault(said, []).append(f"{file.relative_to(RUNNER)}:{node.lineno}")
    assert len(found) > 100
    assert [places for places in found.values() if len(places) > 1] == []


_LEFT_BY_RUNS = ("record.json", ".lock.yaml", ".golden.jsonl", "sweep.json", "report.md",
                 "bom.cdx.json", "model-card.md")  # fmt: skip


def test_the_name_of_a_file_that_is_left_stands_in_one_module() -> None:
    named = {
        name: sorted(
            str(file.relative_to(RUNNER))
            for file in RUNNER.rglob("*.py")
            if any(node.value == name for node in _constants(file))
        )
        for name in _LEFT_BY_RUNS
    }
    assert {name: files for name, files in named.items() if len(files) != 1} == {}


_MEANT_TWO_THINGS = ("Check", "Parts", "Result", "Settings", "View", "rows_of", "files_of",
                     "source_of", "size")  # fmt: skip


def test_a_name_that_meant_two_things_means_one() -> None:
    kinds = (ast.ClassDef, ast.FunctionDef)
    defined = [
        node.name
        for file in RUNNER.rglob("*.py")
        for node in _tree(file).body
        if isinstance(node, kinds) and node.name in _MEANT_TWO_THINGS
    ]
    assert len(defined) == len(set(defined))


def test_models_without_weights_are_drawn_in_one_room() -> None:
    rooms = {
        file.relative_to(RUNNER).parts[0]
        for file in RUNNER.rglob("*.py")
        if any(node.value == "meta" for node in _constants(file))
    }
    assert rooms == {"packaging"}

"""The metrics of a recipe's own: imported where there is leave, and nowhere else."""

import importlib.util
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from runner.datasets import DataError
from runner.errors import WrongInput, first_line, outliving
from runner.metrics.own import Function
from runner.recipe.composing.beside import Beside, own_metrics_of
from runner.recipe.composing.composed import Composed
from runner.recipe.language.models import Recipe


def insist_on_leave(composed: Composed) -> None:
    """Refuse a recipe with metrics of its own where nobody has allowed to run them.

    Args:
        composed: The composed recipe.

    Raises:
        WrongInput: ``allow_code`` does not say so.
    """
    named = [metric.name for metric, _ in own_metrics_of(composed.recipe, composed.folder_of)]
    if named and not composed.settings.allow_code:
        raise WrongInput(
            "code-not-allowed",
            f"{composed.name} measures by code of its repository: {', '.join(named)}.",
            "Read it, and add allow_code=true to the command to run it.",
        )


def with_own_metrics(composed: Composed) -> Recipe:
    """Give a recipe whose own metrics can measure: their modules are imported, which runs them.

    Args:
        composed: The composed recipe; ``insist_on_leave`` has been asked.

    Raises:
        DataError: A module cannot be imported, or has no such function.
    """
    insist_on_leave(composed)
    recipe, modules = composed.recipe, dict[Path, Mapping[str, object]]()
    running = {
        id(metric): metric.running(_function(metric.function, beside, modules))
        for metric, beside in own_metrics_of(recipe, composed.folder_of)
    }
    metrics = [running.get(id(metric), metric) for metric in recipe.evaluation.metrics]
    evaluation = recipe.evaluation.model_copy(update={"metrics": metrics})
    return recipe.model_copy(update={"evaluation": evaluation})


def sources_of(composed: Composed) -> dict[str, str]:
    """Give the SHA-256 of the file of each metric of a recipe's own, by the metric's name.

    Args:
        composed: The composed recipe.
    """
    own = own_metrics_of(composed.recipe, composed.folder_of)
    return {metric.name: sha256(beside.path.read_bytes()).hexdigest() for metric, beside in own}


def _function(name: str, beside: Beside, modules: dict[Path, Mapping[str, object]]) -> Function:
    if beside.path not in modules:
        modules[beside.path] = _imported(beside)
    found = modules[beside.path].get(name)
    if not callable(found):
        raise DataError(f"{beside.written} has no function {name}.", "Name one that it has.")
    return found


def _imported(beside: Beside) -> Mapping[str, object]:
    spec = importlib.util.spec_from_file_location(f"own_metrics_{beside.path.stem}", beside.path)
    if spec is None or spec.loader is None:
        raise DataError(f"{beside.written} cannot be imported.", "Name a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        with _neighbours(beside.top), outliving():
            spec.loader.exec_module(module)
    except Exception as error:
        message = f"{beside.written} raised {type(error).__name__}: {first_line(error)}."
        raise DataError(message, "Mend it, or measure by other metrics.") from error
    return vars(module)


@contextmanager
def _neighbours(folder: Path) -> Generator[None]:
    """Let a module import what lies beside it in the repository, while it is imported.

    No other repository gets these modules, nor this one after they have changed.
    """
    sys.path.insert(0, str(folder))
    before = {*sys.modules}
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in {*sys.modules} - before:
            if _is_of(sys.modules[name], folder):
                del sys.modules[name]


def _is_of(module: ModuleType, folder: Path) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place and Path(place).is_relative_to(folder) for place in places)

"""Rehearse a model type: its configuration at full size, no weights, what goes with it made up."""

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

LONGEST = 300
"""Seconds that a model type may take."""
MOST_MEMORY = 12 * 2**30
"""Bytes that it may ask for beyond what the libraries take."""
_NOT_ITS_OWN = {"feature-extraction", "image-feature-extraction", "instructional-text-generation",
                "zero-shot-audio-classification", "conversational", "document-question-answering",
                }  # fmt: skip
"""Tasks whose auto class knows far more models than their pipelines do, and doubles."""


@dataclass(frozen=True)
class Walked:
    """What became of a model type.

    Args:
        model_type: Its name.
        task: The task that it was rehearsed with.
        verdict: ``passed``, ``refused`` or ``failed``.
        model: Class of the model.
        twin: What makes its twin smaller; of what was refused or failed the reason.
    """

    model_type: str
    task: str
    verdict: str
    model: str
    twin: str


def walk(model_type: str, folder: Path) -> Walked:
    """Rehearse a model type in a process of its own, for so long and with so much memory.

    Args:
        model_type: As ``CONFIG_MAPPING`` has it.
        folder: A new folder.
    """
    folder.mkdir(parents=True)
    file = folder / "walked.json"
    process = get_context("fork").Process(target=_walk, args=(model_type, folder, file))
    process.start()
    process.join(LONGEST)
    if process.is_alive():
        process.kill()
        process.join()
    found = (
        Walked(**json.loads(file.read_text()))
        if file.is_file()
        else Walked(model_type, "", "failed", "", f"ended by {_end(process.exitcode)}")
    )
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _end(code: int | None) -> str:
    return signal.Signals(-code).name if code and code < 0 else f"exit code {code}"


def _walk(model_type: str, folder: Path, file: Path) -> None:
    import torch

    os.chdir(folder)
    torch.set_num_threads(1)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with Path("said.txt").open("w") as said, redirect_stdout(said), redirect_stderr(said):
        found = _first_that_passes(model_type)
    file.write_text(json.dumps(asdict(found)))
    sys.stdout.flush()
    os._exit(0)


def _first_that_passes(model_type: str) -> Walked:
    from tests.twins.full_size import full_size

    try:
        config = full_size(model_type)
    except Exception as error:
        reason = f"transformers itself makes no such configuration: {_first_line(error)}"
        return Walked(model_type, "native", "refused", "", reason)
    found: Walked | None = None
    for task, checkpoint in _fitting(model_type, config):
        tried = _rehearsed(model_type, task, checkpoint)
        if tried.verdict == "passed":
            return tried
        found = tried
    assert found is not None
    return found


def _fitting(model_type: str, config: Any) -> Iterator[tuple[str, Path]]:
    """Give the tasks of pipelines whose parts can be made for it, and the task without one."""
    from runner.sources.scratch.source import make_component
    from runner.tasks import all_tasks, get_task
    from runner.upstream.transformers_api import can_load
    from tests.twins.full_size import put_checkpoint

    names = [
        name
        for name, task in all_tasks().items()
        if task.extended and not task.mlflow_schema and name not in _NOT_ITS_OWN
        and any(_loads(one, config, can_load) for one in task.auto_models)
    ]  # fmt: skip
    for number, name in enumerate(sorted(names, key=lambda one: one != "text-generation")):
        folder = Path(f"checkpoint-{number}")
        try:
            put_checkpoint(model_type, config, folder)
            for component in get_task(name).components:
                made: Any = make_component(component, type(config).from_pretrained(folder),
                                           get_task(name))  # fmt: skip
                made.save_pretrained(str(folder))
        except Exception:  # noqa: S112  what cannot be made up is no matter of the model type
            continue
        yield name, folder.absolute()
    folder = Path("checkpoint")
    try:
        put_checkpoint(model_type, config, folder)
    except Exception as error:
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(
            json.dumps({"model_type": model_type, "no": str(error)})
        )
    yield "native", folder.absolute()


def _loads(name: str, config: Any, can_load: Any) -> bool:
    import transformers

    auto_class = getattr(transformers, name, None)
    return auto_class is not None and can_load(auto_class, config)


def _rehearsed(model_type: str, task: str, checkpoint: Path) -> Walked:
    from runner.errors import RunnerError
    from runner.recipe.compose import compose
    from runner.tasks import get_task
    from runner.work.rehearse import rehearse

    recipe: dict[str, Any] = {"task": task, "source": {"kind": "local", "path": str(checkpoint)}}
    if get_task(task).generates:
        recipe["model_config"] = {"max_new_tokens": 2}
    file = checkpoint.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(recipe))
    try:
        composed = compose([f"+recipe={file}", "tracking.uri=null"])
        found = rehearse(composed, checkpoint.with_suffix(".out"), "default")
    except RunnerError as error:
        return Walked(model_type, task, "refused", "", _first_line(error))
    except BaseException as error:
        reason = f"{type(error).__name__}: {_first_line(error)}"
        return Walked(model_type, task, "failed", "", reason)
    if found.passed:
        return Walked(model_type, task, "passed", found.model, found.shrunk)
    failed = [f"{c.view} {c.name}: {c.message}" for c in found.record.failed_checks]
    return Walked(model_type, task, "failed", found.model, failed[0])


def _first_line(error: BaseException) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text.replace(f"{Path.cwd()}/", "")[:300]

"""What is private of other projects is as it was seen; what broke is named, with its versions."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

import runner.upstream
from runner.errors import Exit
from runner.upstream import mlflow_api, transformers_api
from runner.upstream.errors import Moved
from runner.upstream.interface import Interface
from runner.upstream.survey import broken, interfaces
from tests.conftest import REPOSITORY, Outcome

RUNNER = REPOSITORY / "runner"
ROOMS = {RUNNER / "upstream", RUNNER / "pyfunc" / "upstream.py"}
PUBLIC = {
    "hydra.errors",
    "mlflow.artifacts", "mlflow.entities", "mlflow.exceptions", "mlflow.models", "mlflow.pyfunc",
    "mlflow.transformers", "mlflow.types.schema",
    "mlflow.data", "mlflow.data.filesystem_dataset_source", "mlflow.data.http_dataset_source",
    "huggingface_hub.constants", "huggingface_hub.errors", "huggingface_hub.hf_api",
    "huggingface_hub.utils", "huggingface_hub.utils.logging",
    "tokenizers.normalizers", "tokenizers.processors", "safetensors.torch",
    "torch.utils.data", "torch.utils.hooks", "torch.nn",
}  # fmt: skip
"""Modules below a library's own that its documentation has."""
LIBRARIES = {
    "accelerate", "huggingface_hub", "hydra", "mlflow", "omegaconf", "peft", "safetensors",
    "tokenizers", "torch", "transformers",
}  # fmt: skip


def named(interface: Interface) -> str:
    return f"{interface.module}.{interface.name}"


@pytest.mark.parametrize("interface", interfaces(), ids=named)
def test_a_private_interface_is_as_it_was(interface: Interface) -> None:
    try:
        interface.get()
    except Moved as moved:
        pytest.fail(moved.message, pytrace=False)


def test_nothing_that_is_read_of_sources_broke() -> None:
    assert [moved.message for moved in broken()] == []


@pytest.mark.parametrize("interface", interfaces(), ids=named)
def test_the_installed_version_is_one_that_it_was_seen_in(interface: Interface) -> None:
    first, last = map(Version, interface.seen.split(" to "))
    assert first <= Version(version(interface.library)) <= last, interface.seen


def test_it_was_seen_in_the_oldest_version_that_the_project_takes() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    oldest = dict(re.findall(r"^([\w.-]+)>=([\d.]+)", "\n".join(project["dependencies"]), re.M))
    for interface in interfaces():
        first = Version(interface.seen.split(" to ")[0])
        assert first <= Version(f"{oldest[interface.library]}.999"), named(interface)
        assert first.release[:2] == Version(oldest[interface.library]).release[:2], interface


BREAKS = [
    ("mlflow.transformers.model_io", "is_peft_model"),
    ("transformers.dynamic_module_utils", "get_imports"),
    ("hydra.core.override_parser.types", "Glob"),
    ("huggingface_hub.file_download", "repo_folder_name"),
]


@pytest.mark.parametrize(("module", "name"), BREAKS)
def test_what_is_gone_is_named_with_the_versions_that_had_it(
    monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Outcome], module: str, name: str
) -> None:
    monkeypatch.delattr(import_module(module), name)
    (moved,) = broken()
    assert moved.exit is Exit.OUTSIDE_FAILED
    assert re.match(r"this version of [\w-]+, [\d.]+, is not known to work: ", moved.message)
    assert f"`{module}.{name}" in moved.message
    assert re.search(r"it was seen in [\d.]+ to [\d.]+$", moved.message)
    done = cli("doctor", "text-generation/scratch", "tracking.uri=null", "device=cpu")
    assert done.code == 3
    assert f"✗ upstream  {moved.message}. {moved.remedy}" in done.stdout


def test_what_is_called_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("mlflow.pyfunc.scoring_server")
    monkeypatch.setattr(module, "init", lambda app: app)
    with pytest.raises(Moved, match=r"`mlflow.pyfunc.scoring_server.init` does not take `model`"):
        mlflow_api.scoring_app(object())


def test_an_auto_class_without_its_table_is_named() -> None:
    with pytest.raises(Moved, match=r"_BaseAutoModelClass._model_mapping` is not there on Auto"):
        transformers_api.can_load(type("Auto", (), {}), object())


def test_scikit_learn_that_is_asked_for_elsewhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if Version(version("transformers")).major >= 5:
        transformers_api.spare_unused_imports()  # there is nothing to spare
        assert "_sklearn_available" not in map(named, interfaces())
        return
    module = import_module("transformers.utils.import_utils")
    monkeypatch.delattr(module, "_sklearn_available")
    with pytest.raises(Moved, match="_sklearn_available` is not there"):
        transformers_api.spare_unused_imports()


def test_weights_that_mlflow_does_not_ask_for_are_no_saved_model(tmp_path: Path) -> None:
    class Model:
        def save_pretrained(self) -> str:
            return "its own"

    model, written = Model(), []
    with mlflow_api.weights_written_by(model, written.append):
        model.save_pretrained(save_directory=tmp_path, max_shard_size=1)
    assert written == [tmp_path]
    assert model.save_pretrained() == "its own"
    with (
        pytest.raises(Moved, match="does not call `save_pretrained` of the model"),
        mlflow_api.weights_written_by(model, written.append),
    ):
        pass


def test_what_mlflow_is_told_it_is_told_for_a_while() -> None:
    import mlflow.transformers
    from mlflow.transformers import model_io

    before = mlflow.transformers.is_peft_model, model_io.is_peft_model
    with mlflow_api.told_what_is_known(has_pyfunc=False):
        assert mlflow.transformers._should_add_pyfunc_to_model("a pipeline") is False
        assert model_io.is_peft_model("a model") is False
    assert before == (mlflow.transformers.is_peft_model, model_io.is_peft_model)


def test_the_room_imports_nothing_heavy() -> None:
    code = (
        "import sys; from runner.upstream.survey import interfaces; interfaces();"
        "print(*({'torch', 'transformers', 'mlflow', 'peft'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def outside() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(RUNNER.rglob("*.py")):
        if not ROOMS & {file, *file.parents}:
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def private_uses(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Give what reaches into another project: a private name, or a module it does not document."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=str(origin), names=names, level=0):
                modules = [origin, *(f"{origin}.{n.name}" for n in names if _is_private(n.name))]
                modules += [f"{origin}.{n.name}" for n in names if _is_module(origin, n.name)]
            case ast.Call(
                func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr"),
                args=[ast.Name(id=owner) | ast.Attribute(attr=owner), ast.Constant(value=name), *_],
            ) if _is_private(str(name)) and owner not in ("self", "cls"):
                yield node.lineno, f"{owner}.{name}"
                continue
            case ast.Call(
                func=ast.Name(id="import_module"), args=[ast.Constant(value=str(name)), *_]
            ):
                modules = [name]
            case _:
                continue
        for name in modules:
            library = name.partition(".")[0]
            below = name != library and library in LIBRARIES
            if _is_private(name.rpartition(".")[2]) and library != "__future__":
                if library != "runner":
                    yield node.lineno, name
            elif below and not any(name == p or p.startswith(f"{name}.") for p in PUBLIC):
                yield node.lineno, name


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_module(origin: str, name: str) -> bool:
    if origin.partition(".")[0] not in LIBRARIES or origin == "tokenizers":
        return False
    place = Path(import_module(origin.partition(".")[0]).__file__ or "").parent
    folder = place.joinpath(*origin.split(".")[1:])
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def test_nothing_private_is_used_outside_the_room() -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}:{line} {name}"
        for file, module in outside()
        for line, name in private_uses(module)
    ]
    assert found == []
    said = [file for file, _ in outside() if "SLF001" in file.read_text(encoding="utf-8")]
    assert said == []


def test_the_search_finds_what_is_private_however_it_is_reached() -> None:
    code = """
import mlflow.utils.uri
from mlflow.utils import environment
from mlflow.transformers import flavor_config, save_model
from transformers import AutoModel
from hydra.core.override_parser.types import Override
from torch import _C
import_module("transformers.utils.import_utils")
getattr(model, "_keep_in_fp32_modules", None)
getattr(self, "_own", None)
getattr(model, "config")
from mlflow.models import Model
"""
    found = [name for _, name in sorted(private_uses(ast.parse(code)))]
    assert found == [
        "mlflow.utils.uri",
        "mlflow.utils",
        "mlflow.utils.environment",
        "mlflow.transformers.flavor_config",
        "hydra.core.override_parser.types",
        "torch._C",
        "transformers.utils.import_utils",
        "model._keep_in_fp32_modules",
    ]


def test_every_module_of_the_room_is_asked() -> None:
    quiet = {"errors", "interface", "statements", "survey"}
    names = {file.stem for file in Path(runner.upstream.__file__).parent.glob("[a-z]*.py")} - quiet
    for name in names:
        module: ModuleType = import_module(f"runner.upstream.{name}")
        has = any(isinstance(value, Interface) for value in vars(module).values())
        assert has or callable(getattr(module, "problems", None)), name

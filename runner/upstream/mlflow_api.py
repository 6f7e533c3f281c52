"""What is used of MLflow beyond what it documents, behind names of ours.

Seen in the sources of MLflow 3.17.0, and run with 3.17.2.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from copy import copy
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from runner.upstream.interface import Interface

_interface = partial(Interface, "mlflow", "3.17.0 to 3.17.2")

_IS_LOCAL = _interface("mlflow.utils.uri", "is_local_uri", ("uri",))
_LOCAL_PATH = _interface("mlflow.utils.file_utils", "local_file_uri_to_path", ("uri",))
_REPOSITORY = _interface(
    "mlflow.store.artifact.artifact_repository_registry",
    "get_artifact_repository",
    ("artifact_uri", "tracking_uri"),
)
_SERVER = _interface("mlflow.pyfunc.scoring_server", "init", ("model",))
_INVOKES = _interface(
    "mlflow.pyfunc.scoring_server",
    "invocations",
    ("data", "content_type", "model", "input_schema"),
)
_PERSISTED = _interface(
    "mlflow.transformers.flavor_config",
    "update_flavor_conf_to_persist_pretrained_model",
    ("original_flavor_conf",),
)
_WRITES_WEIGHTS = _interface(
    "mlflow.transformers.model_io", "save_pipeline_pretrained_weights", ("path", "pipeline")
)
_COMPARES_REQUIREMENTS = _interface(
    "mlflow.utils.environment", "warn_dependency_requirement_mismatches", ("model_requirements",)
)
_HAS_PYFUNC = _interface("mlflow.transformers", "_should_add_pyfunc_to_model", ("pipeline",))
_IS_PEFT = _interface("mlflow.transformers", "is_peft_model", ("model",))
_IS_PEFT_TO_DESCRIBE = _interface("mlflow.transformers.flavor_config", "is_peft_model", ("model",))
_IS_PEFT_TO_WRITE = _interface("mlflow.transformers.model_io", "is_peft_model", ("model",))
_CHAT_IN = _interface("mlflow.types.llm", "CHAT_MODEL_INPUT_SCHEMA")
_CHAT_OUT = _interface("mlflow.types.llm", "CHAT_MODEL_OUTPUT_SCHEMA")
_COMPLETIONS_IN = _interface("mlflow.types.llm", "COMPLETIONS_MODEL_INPUT_SCHEMA")
_COMPLETIONS_OUT = _interface("mlflow.types.llm", "COMPLETIONS_MODEL_OUTPUT_SCHEMA")
_EMBEDDINGS_IN = _interface("mlflow.types.llm", "EMBEDDING_MODEL_INPUT_SCHEMA")
_EMBEDDINGS_OUT = _interface("mlflow.types.llm", "EMBEDDING_MODEL_OUTPUT_SCHEMA")
_OF_TYPE_HINTS = _interface(
    "mlflow.models.signature", "ModelSignature._is_signature_from_type_hint"
)
_METADATA = _interface("mlflow.pyfunc", "PyFuncModel.metadata")
_OPENS_DATABASE = _interface(
    "mlflow.tracking._tracking_service.utils",
    "_get_sqlalchemy_store",
    ("store_uri", "artifact_uri"),
)
_ENGINE_TRIES = _interface("mlflow.store.db.utils", "MAX_RETRY_COUNT")
_WRONG_INPUT = _interface("mlflow.protos.databricks_pb2", "INVALID_PARAMETER_VALUE")
"""Used by the inference code that ships inside a model, which imports it by itself."""
_SCHEMAS = {
    side.name: side
    for side in (
        _CHAT_IN, _CHAT_OUT, _COMPLETIONS_IN, _COMPLETIONS_OUT, _EMBEDDINGS_IN, _EMBEDDINGS_OUT,
    )
}  # fmt: skip


def local_path(uri: str) -> Path | None:
    """Give the folder that an artifact URI stands for; None where it is not on this machine.

    Args:
        uri: The URI, or a path.
    """
    return Path(_LOCAL_PATH.get()(uri)) if _IS_LOCAL.get()(uri) else None


def artifact_repository(uri: str, tracking_uri: str | None) -> Any:
    """Give the store of artifacts behind a URI.

    Args:
        uri: The URI of a folder of artifacts.
        tracking_uri: Tracking URI of the server that knows it.
    """
    return _REPOSITORY.get()(uri, tracking_uri=tracking_uri)


def make_database(file: Path) -> None:
    """Make a SQLite database with all that MLflow wants in one, and let go of it.

    MLflow makes it by hundreds of statements, each of which would wait for the disk: so it is made
    in memory, and written at once.

    Args:
        file: Where it goes; nothing is there yet.
    """
    import sqlite3

    memory = f"file:{uuid4().hex}?mode=memory&cache=shared"
    with (
        closing(sqlite3.connect(memory, uri=True)) as made,
        closing(sqlite3.connect(file)) as whole,
    ):
        _OPENS_DATABASE.get()(f"sqlite:///{memory}&uri=true", None).engine.dispose()
        made.backup(whole)


@contextmanager
def engine_tries(times: int) -> Generator[None]:
    """Have MLflow try so many times to reach a database; its ten take a minute and a half.

    Args:
        times: How many.
    """
    before = _ENGINE_TRIES.get()
    module = import_module(_ENGINE_TRIES.module)
    setattr(module, _ENGINE_TRIES.name, times)
    try:
        yield
    finally:
        setattr(module, _ENGINE_TRIES.name, before)


def scoring_app(model: Any) -> Any:
    """Make the application that ``mlflow models serve`` serves.

    Args:
        model: The loaded pyfunc.
    """
    return _SERVER.get()(model)


def answer_invocation(model: Any, body: Any, content_type: str) -> tuple[str, int, str]:
    """Answer a request as ``/invocations`` of ``mlflow models serve`` does.

    Args:
        model: The loaded pyfunc.
        body: Bytes of the body; of JSON what is in it.
        content_type: The header of that name.

    Returns:
        The answer, its status, its type.
    """
    said = _INVOKES.get()(body, content_type, model, model.metadata.get_input_schema())
    return said.response, said.status, said.mimetype


def protocol_schemas(protocol: str) -> tuple[Any, Any]:
    """Give the schemas of inputs and outputs that MLflow insists on for an ``llm/v1`` task.

    Args:
        protocol: How MLflow calls it: ``CHAT_MODEL``, ``COMPLETIONS_MODEL``, ``EMBEDDING_MODEL``.
    """
    first, second = (_SCHEMAS[f"{protocol}_{side}_SCHEMA"].get() for side in ("INPUT", "OUTPUT"))
    return first, second


def leave_requests_whole(signature: Any) -> None:
    """Let MLflow hand on requests as they come, with what the signature does not have.

    So it does for a model whose signature stands for type hints: that checks its input by itself.

    Args:
        signature: The model's signature, before it is saved.
    """
    _OF_TYPE_HINTS.get()
    signature._is_signature_from_type_hint = True


def streaming_as_it_predicts(model: Any) -> Any:
    """Give a model whose ``predict_stream`` takes what its ``predict`` takes.

    Of a signature that stands for type hints MLflow leaves requests whole in ``predict`` alone.
    In ``predict_stream`` it holds them to types that are narrower: a list where a text will do.

    Args:
        model: The loaded pyfunc.

    Raises:
        Moved: MLflow keeps elsewhere what it holds requests to.
    """
    signature = model.metadata.signature
    if signature is None or not _OF_TYPE_HINTS.of(signature):
        return model
    freed, described = copy(model), copy(model.metadata)
    described.signature = type(signature)(params=signature.params) if signature.params else None
    freed._model_meta = described
    if _METADATA.of(freed) is not described:
        raise _METADATA.moved("is not what `_model_meta` is")
    return freed


def persisted_flavor(flavor: Mapping[str, Any]) -> dict[str, Any]:
    """Give the flavor of a model that references weights, as it is once they are in it.

    Args:
        flavor: The ``transformers`` flavor.
    """
    return _PERSISTED.get()(dict(flavor))


@contextmanager
def weights_written_by(model: Any, write: Callable[[Path], None]) -> Generator[None]:
    """Let MLflow's call of ``model.save_pretrained`` end in a function.

    Args:
        model: The model of the pipeline that is saved.
        write: Writes the weights into the folder it is given.

    Raises:
        Moved: MLflow saved the pipeline and did not call it.
    """
    folders: list[Path] = []

    def save(save_directory: str | Path, **_: object) -> None:
        folders.append(Path(save_directory))
        write(folders[-1])

    model.save_pretrained = save
    try:
        yield
    finally:
        del model.save_pretrained
    if not folders:
        raise _WRITES_WEIGHTS.moved("does not call `save_pretrained` of the model")


@contextmanager
def told_what_is_known(*, has_pyfunc: bool) -> Generator[None]:
    """Answer what MLflow would find out for itself, slowly.

    Whether the requirements match what is installed (they were read from there; a scan of every
    installed file), whether the model is one of PEFT's (imports it), and whether the pipeline has
    a pyfunc flavor (imports old models).

    Args:
        has_pyfunc: Whether it has.

    Raises:
        Moved: MLflow asks elsewhere.
    """
    answers = {
        _COMPARES_REQUIREMENTS: None,
        _IS_PEFT: False,
        _IS_PEFT_TO_DESCRIBE: False,
        _IS_PEFT_TO_WRITE: False,
        _HAS_PYFUNC: has_pyfunc,
    }
    originals = {interface: interface.get() for interface in answers}
    for interface, answer in answers.items():
        setattr(import_module(interface.module), interface.name, _answering(answer))
    try:
        yield
    finally:
        for interface, original in originals.items():
            setattr(import_module(interface.module), interface.name, original)


def _answering(answer: bool | None) -> Callable[..., bool | None]:
    return lambda *_, **__: answer

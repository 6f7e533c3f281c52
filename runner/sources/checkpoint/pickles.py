"""Weights in pickle files, read as tensors alone and turned into safetensors."""

import json
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.sources.base import SourceContext
from runner.sources.checkpoint.files import weights_of_modules
from runner.sources.checkpoint.folder import insist_on_weights
from runner.sources.checkpoint.inside import insist_inside, names_in
from runner.sources.checkpoint.own_form import BAD_PICKLE, keeps_own_form
from runner.sources.checkpoint.safetensors_header import (
    ADAPTER_FILE,
    INDEX_FILE,
    SINGLE_FILE,
    read_index,
)
from runner.sources.checkpoint.variants import (
    PICKLE,
    PICKLE_INDEX,
    link_all,
    under_usual_names,
)

if TYPE_CHECKING:
    import torch

ADAPTER_PICKLE = "adapter_model.bin"

_MOST_REPEATED = 2**26
"""Bytes of tensors that say a number for many, such as a mask."""


def with_safetensors(folder: Path, gguf: str | None, context: SourceContext) -> Path:
    """Give a folder whose weights are sound and safe to read.

    Args:
        folder: A folder that ``check_folder`` found nothing wrong with.
        gguf: Name of the GGUF file in it, where the recipe names one.
        context: The run it is for; only with ``allow_pickle`` are pickle files read, and where
            no weights are wanted there may be none.

    Returns:
        The folder itself; or, where it has weights in pickle files that do not stay there, or a
        variant of them is wanted, one of the run that has them as safetensors, under their usual
        names, and links to everything else.

    Raises:
        SourceError: There are no weights, or they are corrupt, or hold more than tensors; or a
            link leads out of the folder.
    """
    insist_inside(folder, names_in(folder))
    folder = folder if gguf else under_usual_names(folder, context)
    if context.allow_pickle and context.component == "model" and keeps_own_form(folder):
        return folder
    pickled = _pickled(folder, context.component) if context.allow_pickle and not gguf else {}
    if context.allow_pickle and context.component == "model" and context.task.sentence_modules:
        pickled = {**pickled, **_pickled_modules(folder)}
    if not pickled:
        if context.weights or gguf or _has_weights(folder, context.component):
            insist_on_weights(folder, gguf, context.component)
        return folder
    target = context.workdir / f"unpickled-{context.component}"
    if not target.is_dir():
        _convert(folder, pickled, target, context)
    return target


def _has_weights(folder: Path, component: str) -> bool:
    """Say whether a folder has weights in any form, also in one that will be refused."""
    own = [ADAPTER_FILE, ADAPTER_PICKLE] if component == "adapter" else []
    names = [SINGLE_FILE, INDEX_FILE, PICKLE, PICKLE_INDEX] if component == "model" else own
    return any((folder / name).is_file() for name in names)


def _pickled(folder: Path, component: str) -> Mapping[str, str]:
    """Give the safetensors file that each pickle file becomes; nothing where there are some."""
    if component == "adapter":
        names = {} if (folder / ADAPTER_FILE).is_file() else {ADAPTER_PICKLE: ADAPTER_FILE}
    elif component != "model" or any((folder / n).is_file() for n in (SINGLE_FILE, INDEX_FILE)):
        names = {}
    elif (folder / PICKLE_INDEX).is_file():
        listed = sorted(set(read_index(folder / PICKLE_INDEX).values()))
        if len(listed) == 1:
            return {listed[0]: SINGLE_FILE}
        return {name: f"model-{n:05d}.safetensors" for n, name in enumerate(listed, start=1)}
    else:
        names = {PICKLE: SINGLE_FILE}
    return {name: new for name, new in names.items() if (folder / name).is_file()}


def _pickled_modules(folder: Path) -> Mapping[str, str]:
    """Give the same of the modules of sentence-transformers."""
    names = (path.relative_to(folder).as_posix() for path in folder.glob("*/*"))
    chosen = weights_of_modules(names, allow_pickle=True)
    return {n: n.replace(PICKLE, SINGLE_FILE) for n in chosen if n.endswith(PICKLE)}


def _convert(
    folder: Path, pickled: Mapping[str, str], target: Path, context: SourceContext
) -> None:
    from safetensors.torch import save_file

    link_all(folder, target, leaving_out={*pickled, PICKLE_INDEX})
    total = sum((folder / name).stat().st_size for name in pickled if (folder / name).is_file())
    done = 0
    weight_map: dict[str, str] = {}
    for name, new in pickled.items():
        tensors = dict(_distinct(_read(folder / name), folder / name))
        (target / new).parent.mkdir(exist_ok=True)
        save_file(tensors, target / new, {"format": "pt"})
        weight_map |= dict.fromkeys(tensors, new) if "/" not in new else {}
        done += (folder / name).stat().st_size
        context.progress("reading pickle files", done, total)
    if len({*weight_map.values()}) > 1:
        index = {"metadata": {}, "weight_map": weight_map}
        (target / INDEX_FILE).write_text(json.dumps(index), encoding="utf-8")


def _read(file: Path) -> Mapping[str, "torch.Tensor"]:
    """Read the tensors; torch's weights-only unpickler refuses whatever is none.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.load.html.
    """
    import torch

    found: Any
    try:
        mapped = zipfile.is_zipfile(file)  # the form of torch before 1.6 cannot be
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=mapped)
    except FileNotFoundError as error:
        raise SourceError(f"{file} is missing", "Fetch the checkpoint again.") from error
    except pickle.UnpicklingError as error:
        raise SourceError(
            f"{file} holds more than tensors, and reading it could run code",
            "Nothing of it was run. Convert it in a safe place, or take another checkpoint.",
        ) from error
    except BAD_PICKLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SourceError(
            f"{file} cannot be read as weights: {reason}", "Fetch the checkpoint again."
        ) from error
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and torch.is_tensor(tensor) and _is_plain(tensor)
        for name, tensor in found.items()
    ):
        raise SourceError(f"{file} holds no weights: a mapping of names to tensors", "")
    return found


def _is_plain(tensor: "torch.Tensor") -> bool:
    """Say whether a tensor is what safetensors can hold: numbers in memory, each in its place."""
    import torch

    dense = tensor.layout is torch.strided and tensor.device.type == "cpu"
    return dense and not tensor.is_quantized


def _distinct(
    tensors: Mapping[str, "torch.Tensor"], file: Path
) -> Iterator[tuple[str, "torch.Tensor"]]:
    """Leave out what is there under a second name: tied weights, which transformers ties again.

    Tensors may name the same bytes over and over (strides of 0), and are laid out here: no more of
    them than the file has.
    """
    left = file.stat().st_size + _MOST_REPEATED
    seen: set[tuple[Any, ...]] = set()
    for name, tensor in tensors.items():
        storage = tensor.untyped_storage().data_ptr()
        key = (storage, tensor.storage_offset(), tensor.shape, tensor.stride())
        if key not in seen:
            seen.add(key)
            left -= tensor.nbytes
            if left < 0:
                raise SourceError(
                    f"{file} names more numbers than it holds", "Fetch the checkpoint again."
                )
            yield name, tensor.contiguous()

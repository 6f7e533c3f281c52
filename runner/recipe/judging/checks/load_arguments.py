"""Load arguments stay arguments: none runs code or says what a field says, each is applied."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.recipe.judging.values import judged
from runner.tasks.arguments import LOADING
from runner.tasks.base import JSON

_LEAVE_OUT = "Leave it out."
_UNHEARD = "is not heard when a saved model is loaded"
_FITTING = "Take a checkpoint whose weights fit."
_RENAMED = "Rename them in the checkpoint."
_ATTENTION = "attn_implementation"
_REFUSED: Mapping[str, tuple[str, str]] = {
    "trust_remote_code": ("would run code from the source", "Use the field `trust_remote_code`."),
    "code_revision": ("would run code from the source", _LEAVE_OUT),
    "weights_only": ("could run code from a weights file", _LEAVE_OUT),
    "auto_map": ("could run code from the source", _LEAVE_OUT),
    "custom_generate": ("would run code from the source", _LEAVE_OUT),
    "dtype": ("says what a field says", "Use the field `dtype`."),
    "torch_dtype": ("says what a field says", "Use the field `dtype`."),
    "quantization_config": ("says what a field says", "Use the field `quantize`."),
    "load_in_4bit": ("says what a field says", "Use the field `quantize`."),
    "load_in_8bit": ("says what a field says", "Use the field `quantize`."),
    "revision": ("says what a field says", "Use `source.revision`."),
    "gguf_file": ("says what a field says", "Use `source.file`."),
    "device": ("belongs to the run", "Give it on the command line: device=cuda:0."),
    "device_map": ("belongs to the run", "Give it on the command line: device=cuda:0."),
    "local_files_only": ("belongs to the machine", "Set HF_HUB_OFFLINE=1 for the run."),
    "token": ("belongs to the machine", "Set HF_TOKEN for the run."),
    "use_auth_token": ("belongs to the machine", "Set HF_TOKEN for the run."),
    "proxies": ("belongs to the machine", "Set HTTPS_PROXY for the run."),
    "cache_dir": ("belongs to the machine", "Set HF_HOME for the run."),
    "force_download": ("belongs to the run", _LEAVE_OUT),
    "subfolder": ("leads out of the checkpoint", _LEAVE_OUT),
    "config": ("leads out of the checkpoint", _LEAVE_OUT),
    "state_dict": ("leads out of the checkpoint", _LEAVE_OUT),
    "pretrained_model_name_or_path": ("leads out of the checkpoint", "Use `source`."),
    "output_loading_info": ("changes what loading returns", _LEAVE_OUT),
    "return_unused_kwargs": ("changes what loading returns", _LEAVE_OUT),
    "use_safetensors": ("says what a field says", "Use the field `allow_pickle`."),
    "generation_config": ("says what a field says", "Use the field `model_config`."),
    "adapter_name": ("says what a field says", "Use the field `adapter`."),
    "adapter_kwargs": ("says what a field says", "Use the field `adapter`."),
    "from_tf": ("asks for weights of another library", "Take safetensors."),
    "from_flax": ("asks for weights of another library", "Take safetensors."),
    "use_kernels": ("would run code from the hub", _LEAVE_OUT),
    "kernel_config": ("would run code from the hub", _LEAVE_OUT),
    "ignore_mismatched_sizes": ("would put random numbers where weights do not fit", _FITTING),
    "key_mapping": ("renames weights, and a saved model is loaded without it", _RENAMED),
    "low_cpu_mem_usage": (_UNHEARD, _LEAVE_OUT),
    "max_memory": (_UNHEARD, _LEAVE_OUT),
    "offload_folder": (_UNHEARD, _LEAVE_OUT),
    "offload_buffers": (_UNHEARD, _LEAVE_OUT),
    "offload_state_dict": (_UNHEARD, _LEAVE_OUT),
    "tp_plan": (_UNHEARD, _LEAVE_OUT),
    "tp_size": (_UNHEARD, _LEAVE_OUT),
    "device_mesh": (_UNHEARD, _LEAVE_OUT),
    "distributed_config": (_UNHEARD, _LEAVE_OUT),
    "resume_download": (_UNHEARD, _LEAVE_OUT),
    "mirror": (_UNHEARD, _LEAVE_OUT),
}


def check(subject: Subject) -> Iterator[Finding]:
    """Find load arguments that execute, escape, repeat a field, or are of another type."""
    load = subject.recipe.load
    for part in type(load).model_fields:
        arguments: dict[str, JSON] = getattr(load, part)
        for name, value in arguments.items():
            if why := _why_not(name, value) or _why_not_here(name, subject):
                reason, remedy = why
                loc = ("load", part, name)
                yield Finding("bad-load-argument", f"`{'.'.join(loc)}` {reason}.", remedy, loc)
            elif argument := LOADING[part].get(name):
                yield from judged(argument, value, ("load", part, name))


def _why_not(name: str, value: object) -> tuple[str, str] | None:
    if name == "id2label" and not all(str(n).isdigit() for n in _mapping(value)):
        return "names labels by something else than their numbers", "Write {'0': NO, '1': YES}."
    if name == "label2id" and not all(isinstance(n, int) for n in _mapping(value).values()):
        return "gives labels something else than numbers", "Write {NO: 0, YES: 1}."
    if name == _ATTENTION and "/" in str(value):
        remedy = "Name one that transformers has: eager, sdpa, flash_attention_2."
        return f"would run code from {value}", remedy
    return _REFUSED.get(name)


def _mapping(value: object) -> Mapping[Any, Any]:
    """Give a mapping; none for a value that is another thing, which is judged elsewhere."""
    return value if isinstance(value, dict) else {}


def _why_not_here(name: str, subject: Subject) -> tuple[str, str] | None:
    """Find what only the runner's inference code applies, where that does not answer."""
    recipe = subject.recipe
    if name != _ATTENTION or (recipe.has_pyfunc and recipe.pyfunc == "extended"):
        return None
    return "is heard by the runner's inference code alone", "Take `pyfunc: extended`."

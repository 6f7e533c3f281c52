"""Load arguments stay arguments: none runs code or says what a field says, each has its type."""

from collections.abc import Iterator, Mapping

from runner.findings import Finding
from runner.recipe.judging.checks import Subject
from runner.recipe.judging.values import judged
from runner.tasks.arguments import LOADING
from runner.tasks.base import JSON

_LEAVE_OUT = "Leave it out."
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
}


def check(subject: Subject) -> Iterator[Finding]:
    """Find load arguments that execute, escape, repeat a field, or are of another type."""
    load = subject.recipe.load
    for part in type(load).model_fields:
        arguments: dict[str, JSON] = getattr(load, part)
        for name, value in arguments.items():
            if why := _why_not(name, value):
                reason, remedy = why
                loc = ("load", part, name)
                yield Finding("bad-load-argument", f"`{'.'.join(loc)}` {reason}.", remedy, loc)
            elif argument := LOADING[part].get(name):
                yield from judged(argument, value, ("load", part, name))


def _why_not(name: str, value: object) -> tuple[str, str] | None:
    if name == "attn_implementation" and "/" in str(value):
        remedy = "Name one that transformers has: eager, sdpa, flash_attention_2."
        return f"would run code from {value}", remedy
    return _REFUSED.get(name)

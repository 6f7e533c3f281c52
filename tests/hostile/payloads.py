# ruff: noqa: E501
"""Texts that would act on whoever reads them carelessly: run, ask, write elsewhere, never end."""

import json
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hostile.watching import PLANTED, RAN

CANARY = str(Path(tempfile.gettempdir(), RAN))
"""Where a command of theirs would leave a file, wherever it runs."""
_TOUCH = f"touch {CANARY}"
_DEEP = "[" * 5000 + "]" * 5000
_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_START = "task: text-generation\nsource: {kind: scratch, architecture: gpt2}\n"

RECIPES_THAT_ACT = [
    _START + f"_target_: {PLANTED}.go\n",
    _START + f"model_config: {{a: {{_target_: {PLANTED}.go}}}}\n",
    _START + f"hydra: {{callbacks: {{x: {{_target_: {PLANTED}.go}}}}}}\n",
    _START + f"description: !!python/object/apply:os.system ['{_TOUCH}']\n",
    _START + f"description: !!python/name:{PLANTED}.go x\n",
    _START + f"description: !!python/module:{PLANTED} ''\n",
    _START + f"input_example: {{{{ ''.__class__.__mro__ }}}}\ndescription: '{_TOUCH}'\n",
    _START + "tracking: {experiment: '${oc.env:HOME}'}\n",
    _START + f"description: '${{oc.create:{PLANTED}}} ${{eval:1}}'\n",
    _START + "prompt_template: '{prompt.__class__.__init__.__globals__}'\n",
    _START + f"params: {{custom_generate: {{type: string, default: {PLANTED}}}}}\n",
    _START + f"model_config: {{custom_generate: ./{PLANTED}, trust_remote_code: true}}\n",
    _START + f"load: {{model: {{attn_implementation: {PLANTED}/x, trust_remote_code: true}}}}\n",
    _START + f"requirements: {{extra: ['{PLANTED} @ file://{CANARY}', '-r x', '; touch ran']}}\n",
    _START + "defaults: [/../../../etc/passwd]\n",
    _START + "evaluation: {dataset: {path: /etc/passwd, inputs: text}, metrics: [exact_match]}\n",
    _START + f"evaluation: {{inputs: [a], metrics: ['{PLANTED}:go'], dataset: {{path: rows.csv,"
    " inputs: text, target: label}}}\n",
    _START + f"evaluation: {{dataset: {{path: rows.csv, inputs: text, where: \"@pd.eval('1') or"
    f" __import__('{PLANTED}').go()\"}}}}\n",
    _START + "evaluation: {inputs: [a], expect: [{regex: '(a+)+$'}]}\ninput_example: "
    + "a" * 40 + "!\n",
    _START + "evaluation: {inputs: ['http://127.0.0.1:9/x', 'file:///etc/passwd']}\n",
    "task: text-generation\nsource: {kind: local, path: coded}\ntrust_remote_code: true\n",
    "task: text-generation\nsource: {kind: local, path: coded}\n",
    "task: text-generation\nsource: {kind: hub, repo: 127.0.0.1:9/x, revision: main}\n",
    "task: text-generation\nsource: {kind: mlflow, uri: 'http://127.0.0.1:9/x'}\n",
    f"task: text-generation\nsource: {{kind: mlflow, uri: 'file://{CANARY}'}}\n",
    f"task: text-generation\nsource: {{kind: package, distribution: {PLANTED}, version: '1',"
    f" path: {PLANTED}}}\n",
    "task: image-classification\nsource: {kind: scratch, architecture: vit}\n"
    "input_example: http://127.0.0.1:9/a.png\n",
    _START + f"description: {_DEEP}\n",
    _START + _BOMB + "description: *i\n",
    _START + "description: " + "x" * 900_000 + "\n",
    _START + "params:\n" + "".join(f"  a{n}: 1\n" for n in range(3000)),
    _START + "description: \"\\e]0;x\\a\\n::error::x\\u202e\"\n",
]  # fmt: skip
SWEEPS_THAT_ACT = [
    f"recipe: text-generation/scratch\nover: {{dtype: [float32]}}\nwhere: \"__import__('{PLANTED}')\"\n",
    "recipe: text-generation/scratch\nover: {params.top_k: "
    + str(list(range(300))) + ", params.top_p: " + str([n / 300 for n in range(300)]) + "}\n",
    f"recipe: text-generation/scratch\nsearch: {{optuna: {{sampler: {PLANTED}.go, n_trials: 999999999}}}}\n",
    f"recipe: text-generation/scratch\nover: {{dtype: [float32]}}\nlauncher: {{kind: {PLANTED}}}\n",
    f"recipe: ../../{PLANTED}\npoints: [{{_target_: {PLANTED}.go}}]\n",
    "recipe: text-generation/scratch\nover: {hydra.sweeper._target_: [planted.go]}\n",
    "recipe: text-generation/scratch\nover: {dtype: [float32]}\nwhere: \"dtype.__class__\"\n",
    "recipe: text-generation/scratch\nover: {dtype: [float32]}\nwhere: \"" + "(" * 3000 + "\"\n",
    "recipe: text-generation/scratch\nover: {dtype: [float32]}\nwhere: \"9**9**9**9 > 1\"\n",
]  # fmt: skip
_LOCK = "lock: 1\nrecipe: a\ntask: text-generation\npackages: {a: '1'}\nparts: {}\n"
LOCKS: list[bytes] = [
    text.encode("utf-8", "surrogateescape")
    for text in (
        _LOCK.replace("parts: {}", f"parts: {_DEEP}"),
        _LOCK + _BOMB,
        _LOCK.replace("parts: {}", "parts: &a {b: *a}"),
        _LOCK + f"result: !!python/object/apply:os.system ['{_TOUCH}']\n",
        _LOCK + "result: \udcff\n",
        _LOCK + 'result: "\\e[31m\\n::error::x"\n',
        "# " + "x" * 2_000_000 + "\n" + _LOCK,
        "",
        "- a\n",
        "lock: \x00\n",
    )
]
RECORDS: list[bytes] = [
    b'{"recipe": ' + _DEEP.encode() + b"}",
    b'{"recipe": "\xff"}',
    b"[]",
    b'{"recipe": "a", "steps": ' + b"9" * 5000 + b"}",
    b'{"metrics": {"a": NaN}}',
    b'{"recipe": "\\ud800"}',
    bytes(1000),
    b'{"recipe": "' + b"a" * 5_000_000 + b'"}',
    b'{"recipe": "../../../x", "task": "fill-mask", "point": "../../..", "digest": "b",'
    b' "model": "/etc", "checksums": {"../../../etc/passwd": "0"}}',
]
DESCRIPTIONS: list[bytes] = [
    text.encode("utf-8", "surrogateescape")
    for text in (
        _DEEP,
        "- a",
        "a: b",
        "flavors: [transformers]\nmetadata: a",
        f"flavors: !!python/object/apply:os.system ['{_TOUCH}']",
        "a: [",
        "a: \udcff",
        "a: b\n" * 500_000,
        f"flavors: {{python_function: {{loader_module: {PLANTED}, code: ., data: ..}},"
        f" transformers: {{task: text-generation, source_model_name: ../../x, code: .}}}}\n",
        _BOMB + "flavors: *i\n",
        "flavors: {transformers: {task: text-generation, model_binary: ../../../etc,"
        " source_model_name: 'http://127.0.0.1:9/x'}}\n",
    )
]
_AUTO = (
    f'"auto_map": {{"AutoConfig": "{PLANTED}.Config", "AutoModelForCausalLM": "{PLANTED}.Model",'
    f' "AutoTokenizer": ["{PLANTED}.Tok", "{PLANTED}.Tok"]}},'
    f' "custom_pipelines": {{"text-generation": {{"impl": "{PLANTED}.Pipe", "pt": ["x"]}}}}'
)
CONFIGS: list[bytes] = [
    text.encode("utf-8", "surrogatepass")
    for text in (
        f'{{"model_type": "gpt2", {_AUTO}}}',
        f'{{"model_type": "{PLANTED}", {_AUTO}}}',
        f'{{"model_type": "gpt2", "x": {_DEEP}}}',
        '{"model_type": "gpt2", "n_layer": 1000000000}',
        '{"model_type": "gpt2", "vocab_size": 1000000000000}',
        '{"model_type": "gpt2", "n_embd": [Infinity]}',
        '{"model_type": "gpt2", "n_embd": 1e400, "n_head": NaN}',
        '{"model_type": "gpt2", "id2label": ' + str({str(n): "a" for n in range(200_000)}).replace("'", '"') + "}",
        '{"model_type": "gpt2", "_name_or_path": "http://127.0.0.1:9/x", "attn_implementation": "planted/x",'
        ' "_attn_implementation": "planted/x"}',
        '{"model_type": "gpt2", "quantization_config": {"quant_method": "gptq", "bits": 1e9}}',
        '{"model_type": "../../x", "architectures": ["os.system"]}',
        '{"tokenizer_class": "os.system", "chat_template": "{{ cycler.__init__.__globals__.os.system(\'touch ran\') }}",'
        f' {_AUTO}}}',
        '{"chat_template": "{% for a in range(99999999999) %}x{% endfor %}", "tokenizer_class": "PreTrainedTokenizerFast"}',
        '{"custom_generate": "planted", "max_new_tokens": 1000000000000, "num_beams": 100000}',
        '{"base_model_name_or_path": "http://127.0.0.1:9/x", "peft_type": "LORA", "r": 1000000000,'
        f' {_AUTO}}}',
        '{"model_type": "\\ud800"}',
        "[1]",
        "",
        "\ufeff{}",
    )
]  # fmt: skip
CONFIGS_WITHOUT_END: list[bytes] = [
    json.dumps({"model_type": "gpt2", "n_embd": 32, "n_head": 2, "n_layer": 2, **said}).encode()
    for said in (
        {"n_layer": 10**9},
        {"vocab_size": 10**12},
        {"n_positions": 10**12},
        {"n_embd": 2**39, "n_head": 2**39},
        {"n_inner": 10**15},
        {"id2label": {str(n): "a" for n in range(300_000)}},
        {"num_labels": 10**9},
    )
] + [f'{{"model_type": "gpt2", "x": {_DEEP}}}'.encode()]
CARDS: list[bytes] = [
    f"---\n{said}---\nWhat it is.\n".encode("utf-8", "surrogateescape")
    for said in (
        f"{_BOMB}license: *i\n",
        "license: &a [*a]\n",
        f"license: {_DEEP}\n",
        f"license: !!python/object/apply:os.system ['{_TOUCH}']\n",
        "license: 2020-99-99\n",
        "? [a]\n: b\n",
        'license: "\\e[31m\\n::error::x"\n',
        "license: \udcff\n",
        "{{ cycler.__init__.__globals__.os.system('touch ran') }}\n",
        "license: mit\nbase_model: ../../x\n",
    )
]
_PLANT = f"open({CANARY!r}, 'w')\ndef go(*a, **k): pass\nclass Config: pass\n".encode()
CODE = {f"{where}{PLANTED}.py": _PLANT for where in ("", "checkpoint/", "coded/", "recipes/")}
"""Modules that leave a file once they are imported, where hostile texts name them."""


class _Acts:
    """Calls something when it is unpickled."""

    def __init__(self, what: Callable[..., Any], *given: Any) -> None:
        self.what, self.given = what, given

    def __reduce__(self) -> Any:
        return self.what, self.given


def _pickles() -> list[bytes]:
    import os
    import subprocess

    acting = (
        _Acts(os.system, _TOUCH),
        _Acts(subprocess.call, ["touch", CANARY]),
        _Acts(eval, f"open({CANARY!r}, 'w')"),
        _Acts(exec, f"open({CANARY!r}, 'w')"),
        _Acts(getattr, {}, "x"),
        {"a": _Acts(open, CANARY, "w")},
    )
    plain = [pickle.dumps(one, protocol) for one in acting for protocol in (0, 2, 4)]
    return [
        *plain,
        *map(_in_archive, plain),
        f"c{PLANTED}\ngo\n(tR.".encode(),
        b"\x80\x02" + b"(" * 100_000 + b".",
    ]


def _in_archive(data: bytes) -> bytes:
    """Put a pickle where torch has it: into an archive."""
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")
    return held.getvalue()


PICKLES = _pickles()
_USUAL = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
GIT_CONFIGS = [
    _USUAL + said
    for said in (
        f"\tfsmonitor = {_TOUCH}\n",
        f"\tfsmonitor = true\n\thooksPath = hooks\n[core]\n\tfsmonitor = \"!{_TOUCH}\"\n",
        f"\tpager = {_TOUCH}\n\teditor = {_TOUCH}\n\taskPass = {_TOUCH}\n\tsshCommand = {_TOUCH}\n",
        f"\tgitProxy = {_TOUCH}\n\talternateRefsCommand = {_TOUCH}\n",
        f'[filter "x"]\n\tsmudge = {_TOUCH}\n\tclean = {_TOUCH}\n\tprocess = {_TOUCH}\n\trequired = true\n',
        f'[diff "x"]\n\ttextconv = {_TOUCH}\n\tcommand = {_TOUCH}\n[diff]\n\texternal = {_TOUCH}\n',
        f'[merge "x"]\n\tdriver = {_TOUCH}\n',
        f'[alias]\n\trev-parse = "!{_TOUCH}"\n\tls-files = "!{_TOUCH}"\n\tcat-file = "!{_TOUCH}"\n',
        f'[remote "origin"]\n\turl = "ext::{_TOUCH}"\n\tpromisor = true\n\tpartialclonefilter = blob:none\n'
        "[extensions]\n\tpartialClone = origin\n",
        f'[credential]\n\thelper = "!{_TOUCH}"\n[gpg]\n\tprogram = {_TOUCH}\n[log]\n\tshowSignature = true\n',
        f'[uploadpack]\n\tpackObjectsHook = {_TOUCH}\n[trailer "x"]\n\tcommand = {_TOUCH}\n',
        "[include]\n\tpath = ../../../../etc/passwd\n[includeIf \"gitdir:/\"]\n\tpath = /dev/zero\n",
        "\tworktree = /etc\n",
        "\tbare = true\n",
        "\texcludesFile = /etc/passwd\n\tattributesFile = /etc/passwd\n",
        "[extensions]\n\tobjectFormat = sha256\n",
        "[safe]\n\tdirectory = *\n[protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n",
    )
]  # fmt: skip

"""Weights in pickle files: only where the recipe allows it, as tensors alone."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from tests.checkpoints import as_pickle, causal_lm
from tests.conftest import Outcome
from tests.quantised import declare

Cli = Callable[..., Outcome]


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_lm(tmp_path_factory.mktemp("pickles") / "gpt2")


def packaged(cli: Cli, workspace: Path, folder: Path, **more: Any) -> Outcome:
    recipe = {
        "task": "text-generation",
        "source": {"kind": "local", "path": str(folder)},
        "model_config": {"max_new_tokens": 4},
        **more,
    }
    (workspace / "case.yaml").write_text(yaml.safe_dump(recipe))
    return cli("+recipe=case.yaml", "tracking.uri=null")


@pytest.mark.parametrize("shards", [1, 3])
def test_the_model_is_the_one_that_safetensors_make(
    cli: Cli, workspace: Path, gpt2: Path, shards: int
) -> None:
    pickled = as_pickle(gpt2, workspace / "pickled", shards)
    done = packaged(cli, workspace, pickled, allow_pickle=True)
    assert done.code == 0, done.stderr
    model = workspace / "outputs" / "case" / "default" / "model" / "model"
    assert not list(model.glob("*.bin*"))
    have = {k: v for f in model.glob("*.safetensors") for k, v in load_file(f).items()}
    want = load_file(gpt2 / "model.safetensors")
    assert want.keys() <= have.keys() <= want.keys() | {"lm_head.weight"}
    assert all(torch.equal(want[name], have[name]) for name in want)


def test_without_leave_nothing_is_read(cli: Cli, workspace: Path, gpt2: Path) -> None:
    done = packaged(cli, workspace, as_pickle(gpt2, workspace / "pickled"))
    assert done.code == 3
    assert "allow_pickle: true" in done.stderr


class _Harm:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({}, "holds more than tensors"),
        ({"quant_method": "torchao", "quant_type": "int8_weight_only"}, "as weights alone"),
    ],
    ids=["plain", "quantised"],
)
def test_a_pickle_that_would_run_code_is_refused_and_does_not(
    cli: Cli, workspace: Path, gpt2: Path, block: dict[str, Any], said: str
) -> None:
    pickled = as_pickle(gpt2, workspace / "pickled")
    declare(pickled, block)
    mark = workspace / "harm"
    torch.save({"transformer.wte.weight": _Harm(mark)}, pickled / "pytorch_model.bin")
    done = packaged(cli, workspace, pickled, allow_pickle=True)
    assert done.code == 3
    assert said in done.stderr
    assert not mark.exists()
    torch.load(pickled / "pytorch_model.bin", weights_only=False)
    assert mark.exists(), "the pickle does run code where it is let to"


def saved(found: Any) -> bytes:
    file = io.BytesIO()
    torch.save(found, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"not a pickle", pickle.dumps([1, 2])),
        b"\x80\x02" + b"(" * 1000 + b".",  # marks, and nothing between them
        saved({"a": torch.zeros(1).expand(2**40)}),  # a number for 4 TB of them
        *(saved({5: torch.zeros(1)}), saved({"a": torch.zeros(2, 2).to_sparse()})),
    ],
)
def test_what_is_no_weights_is_told(cli: Cli, workspace: Path, gpt2: Path, content: bytes) -> None:
    pickled = as_pickle(gpt2, workspace / "pickled")
    (pickled / "pytorch_model.bin").write_bytes(content)
    done = packaged(cli, workspace, pickled, allow_pickle=True)
    assert done.code == 3, done.stderr
    assert "pytorch_model.bin" in done.stderr


def test_a_reference_may_not_lead_to_a_pickle(cli: Cli, workspace: Path) -> None:
    source = {"kind": "hub", "repo": "org/tiny"}
    done = packaged(
        cli, workspace, workspace, source=source, allow_pickle=True, save_pretrained=False
    )
    assert done.code == 2
    assert "case.yaml:1:1" in done.stderr
    assert "error[reference-to-pickle]" in done.stderr

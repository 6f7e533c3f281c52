"""Tiny real checkpoints, built on the spot: random weights, a trained tokenizer, loadable anywhere.

Each function fills ``folder``, which must not exist yet, and gives it back.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from runner.sources import SourceContext
from runner.sources.scratch.source import ScratchSource
from runner.tasks import all_tasks

SHARD_SIZE = 40_000
"""Largest size in bytes of a file of ``sharded_causal_lm``."""


def causal_lm(folder: Path, architecture: str = "gpt2", seed: int = 0, **config: Any) -> Path:
    """A GPT-2 that continues text; its input and output embeddings are tied: stored once."""
    return build(folder, "text-generation", architecture, config, seed=seed)


def untied_causal_lm(folder: Path) -> Path:
    """A GPT-2 whose output embeddings are weights of their own."""
    return causal_lm(folder, tie_word_embeddings=False)


def sharded_causal_lm(folder: Path) -> Path:
    """A GPT-2 in several safetensors files and their index."""
    from transformers import AutoModelForCausalLM

    causal_lm(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size=SHARD_SIZE)
    return folder


def as_pickle(source: Path, folder: Path, shards: int = 1) -> Path:
    """The same checkpoint with its weights in pickle files, tied ones under each of their names."""
    import torch
    from transformers import AutoModelForCausalLM

    shutil.copytree(source, folder)
    state = AutoModelForCausalLM.from_pretrained(folder).state_dict()
    for file in folder.glob("*.safetensors*"):
        file.unlink()
    if shards == 1:
        torch.save(dict(state), folder / "pytorch_model.bin")
        return folder
    places = {
        name: f"pytorch_model-{1 + number % shards:05d}-of-{shards:05d}.bin"
        for number, name in enumerate(state)
    }
    for file in set(places.values()):
        torch.save({n: t for n, t in state.items() if places[n] == file}, folder / file)
    index = {"metadata": {}, "weight_map": places}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return folder


def classifier(folder: Path, labels: tuple[str, ...] = ("NEGATIVE", "POSITIVE")) -> Path:
    """A BERT that labels texts."""
    return build(folder, "text-classification", "bert", {}, list(labels))


def mask_filler(folder: Path) -> Path:
    """A BERT that fills in ``[MASK]``."""
    return build(folder, "fill-mask", "bert", {})


def embedder(folder: Path) -> Path:
    """A BERT without a head: hidden states of 32 numbers a token."""
    return build(folder, "feature-extraction", "bert", {})


def tokenizer_only(folder: Path, architecture: str = "gpt2") -> Path:
    """The tokenizer of a model, alone."""
    return build(folder, "text-generation", architecture, {}, component="tokenizer")


def gguf_lm(folder: Path) -> Path:
    """A Llama in a GGUF file, ``tiny.gguf``, with the bytes for its words."""
    import gguf
    import numpy as np
    from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode

    folder.mkdir()
    words = ["<s>", "</s>", *bytes_to_unicode().values(), "th", "he"]
    width, inner, layers = 32, 64, 2
    writer = gguf.GGUFWriter(folder / "tiny.gguf", "llama")
    writer.add_context_length(128)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(layers)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_merges(["t h", "h e"])
    writer.add_token_types([3, 3, *([1] * (len(words) - 2))])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    drawn = np.random.default_rng(0)
    shapes = {
        "token_embd": (len(words), width),
        "output_norm": (width,),
        "output": (len(words), width),
    }
    for n in range(layers):
        shapes |= {f"blk.{n}.attn_{part}": (width, width) for part in ("q", "k", "v", "output")}
        shapes |= {f"blk.{n}.ffn_{part}": (inner, width) for part in ("gate", "up")}
        shapes |= {f"blk.{n}.ffn_down": (width, inner)}
        shapes |= {f"blk.{n}.{part}_norm": (width,) for part in ("attn", "ffn")}
    for name, shape in shapes.items():
        values = drawn.normal(0, 0.3, shape).astype(np.float32)
        form = gguf.GGMLQuantizationType.Q8_0 if len(shape) == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(f"{name}.weight", gguf.quantize(values, form), raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder


def build(
    folder: Path,
    task: str,
    architecture: str,
    config: dict[str, Any],
    labels: list[str] | None = None,
    component: str = "model",
    seed: int = 0,
) -> Path:
    """Build what a scratch source makes, in a folder of its own choosing.

    Args:
        folder: Folder to appear.
        task: The task it is for.
        architecture: A transformers model type.
        config: Fields of its configuration.
        labels: Names of the labels.
        component: The part to make.
        seed: Seed of its weights.
    """
    source = ScratchSource(
        kind="scratch", architecture=architecture, config=config, labels=labels, seed=seed
    )
    with tempfile.TemporaryDirectory() as workdir:
        context = SourceContext(folder.parent, Path(workdir), all_tasks()[task], component)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source.resolve(context).folder, folder)
    return folder

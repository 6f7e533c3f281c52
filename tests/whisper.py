"""A tiny Whisper that knows times: its window is the real one of 30 seconds, or less."""

import json
from pathlib import Path


def tiny_whisper(folder: Path, seconds: int = 30) -> Path:
    """Make a Whisper with a tokenizer of time stamps, languages and tasks.

    Args:
        folder: Folder to appear.
        seconds: Its window; where it is shorter than the real one, it hears in less time.
    """
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    folder.mkdir(parents=True)
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(["my dog eats what is good for it"] * 9, vocab_size=290)
    trained.save_model(str(folder))
    end, *named = [
        "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>",
        "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
    ]  # fmt: skip
    vocabulary = json.loads((folder / "vocab.json").read_text())
    (folder / "vocab.json").write_text(json.dumps({**vocabulary, end: len(vocabulary)}))
    tokenizer = WhisperTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), predict_timestamps=True
    )
    tokenizer.add_special_tokens({"additional_special_tokens": named})
    tokenizer.add_tokens([f"<|{step * 0.02:.2f}|>" for step in range(1501)])
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(chunk_length=seconds).save_pretrained(folder)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in (end, *named)}
    ends = {
        "eos_token_id": ids[end], "pad_token_id": ids[end], "bos_token_id": ids[end],
        "decoder_start_token_id": ids["<|startoftranscript|>"],
    }  # fmt: skip
    small = {
        "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
        "max_target_positions": 64, "max_source_positions": 50 * seconds,
    }  # fmt: skip
    torch.manual_seed(0)
    config = WhisperConfig(vocab_size=len(tokenizer), init_std=1.0, **small, **ends)
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        **ends,
        is_multilingual=True,
        lang_to_id={"<|en|>": ids["<|en|>"]},
        task_to_id={name: ids[f"<|{name}|>"] for name in ("translate", "transcribe")},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        max_initial_timestamp_index=50,
        return_timestamps=False,
        suppress_tokens=list(range(256)),
        max_length=64,
    )
    model.save_pretrained(folder)
    return folder

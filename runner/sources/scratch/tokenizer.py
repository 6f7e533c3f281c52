"""A tokenizer made on the spot, of the kind the architecture expects."""

import json
import string
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.sources.checkpoint.model_classes import text_config
from runner.sources.scratch.trained import (
    BYTE_LEVEL_TOKENS,
    WORDPIECE_TOKENS,
    Family,
    filled_up,
    train_byte_level,
    train_wordpiece,
)
from runner.tasks import Task
from runner.upstream.transformers_api import is_masked_language_model, listed

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PretrainedConfig, PreTrainedTokenizer, PreTrainedTokenizerFast

_BERT_LIKE = {
    "BertTokenizer", "ConvBertTokenizer", "DistilBertTokenizer",
    "ElectraTokenizer", "LayoutLMTokenizer", "LxmertTokenizer",
    "MobileBertTokenizer", "SqueezeBertTokenizer",
}  # fmt: skip
_PLAIN = "PreTrainedTokenizerFast"
_LONGEST = 512
_ALWAYS = ("pad", "bos", "eos")
_IMAGE_IDS = ("image_token_id", "image_token_index")
_CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


IMAGE_TOKEN = "<image>"  # noqa: S105
"""Stands for an image in the text of a multimodal model."""


def train_tokenizer(
    config: "PretrainedConfig", task: Task
) -> "PreTrainedTokenizerFast | PreTrainedTokenizer":
    """Make a tokenizer and tell a configuration of it.

    Args:
        config: Configuration of the model; its ``vocab_size`` bounds the vocabulary, and its
            token ids are set.
        task: The task; a causal language model's tokenizer gets a chat template.

    Returns:
        WordPiece with BERT's special tokens for BERT's family, byte-level BPE for the others.

    Raises:
        SourceError: ``vocab_size`` is too small for the characters alone.
    """
    if make := _FROM_VOCABULARY.get(config.model_type):
        return make(config)
    family, class_name = _family(config)
    text = text_config(config)
    size = int(getattr(text, "vocab_size", 0) or _LONGEST)
    sees = [name for name in _IMAGE_IDS if hasattr(config, name)]
    more = [IMAGE_TOKEN] if sees else []
    room = size - len(more)
    trained = (
        train_wordpiece(room) if family is Family.WORDPIECE else train_byte_level(room, family)
    )
    needed = trained.get_vocab_size() + len(more)
    if needed > size:
        raise SourceError(
            f"a vocabulary of {size} is too small: the characters alone take {needed}",
            f"Give `vocab_size` at least {needed}, or none.",
        )
    trained = filled_up(trained, size, more)
    for name in sees:
        setattr(config, name, trained.token_to_id(IMAGE_TOKEN))
    _tell(config, trained)
    if text is not config:
        _tell(text, trained)
    tokenizer = _wrap(trained, text, family, class_name)
    if "AutoModelForCausalLM" in task.auto_models:
        tokenizer.chat_template = _CHAT_TEMPLATE
    return tokenizer


def token_of(config: "PretrainedConfig", name: str) -> str:
    """Give a special token of the tokenizer that would be made.

    Args:
        config: Configuration of the model.
        name: What transformers calls it, such as ``mask_token``.

    Returns:
        The token; empty where it would have none of that name.
    """
    if config.model_type in _FROM_VOCABULARY:
        return ""
    family, _ = _family(config)
    tokens = WORDPIECE_TOKENS if family is Family.WORDPIECE else BYTE_LEVEL_TOKENS
    return tokens.get(name.removesuffix("_token"), "")


def _family(config: "PretrainedConfig") -> tuple[Family, str]:
    """Find an architecture's family and the class of its tokenizer, as transformers lists them."""
    found = listed("tokenizer").get(config.model_type)
    fast = str(found[1] if isinstance(found, tuple) else found)  # a name alone in transformers 5
    if fast.removesuffix("Fast") in _BERT_LIKE:
        return Family.WORDPIECE, fast
    if is_masked_language_model(config.model_type):
        return Family.ENCODER, _PLAIN
    return (Family.ENCODER_DECODER if config.is_encoder_decoder else Family.DECODER), _PLAIN


def _tapas(config: "PretrainedConfig") -> "PreTrainedTokenizer":
    """Make the slow tokenizer that alone can read tables."""
    from transformers import TapasTokenizer

    size = config.get_text_config().vocab_size
    trained = filled_up(train_wordpiece(size), size, ["[EMPTY]"])
    by_number = sorted(trained.get_vocab().items(), key=lambda item: item[1])
    _tell(config, trained)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vocab.txt"
        file.write_text("".join(f"{token}\n" for token, _ in by_number), encoding="utf-8")
        return TapasTokenizer(str(file))


def _letters(config: "PretrainedConfig") -> "PreTrainedTokenizer":
    """Make the tokenizer of a model that hears letters (connectionist temporal classification)."""
    from transformers import Wav2Vec2CTCTokenizer

    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *string.ascii_uppercase, "'"]
    config.vocab_size = len(tokens)
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 1, 2
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vocab.json"
        file.write_text(json.dumps({token: n for n, token in enumerate(tokens)}), encoding="utf-8")
        return Wav2Vec2CTCTokenizer(str(file))


_FROM_VOCABULARY: Mapping[str, Callable[["PretrainedConfig"], "PreTrainedTokenizer"]] = {
    "tapas": _tapas,
    **dict.fromkeys(("wav2vec2", "hubert", "wavlm", "unispeech", "data2vec-audio"), _letters),
}
"""Architectures whose tokenizers have no fast form: theirs is read from a vocabulary."""


def _tell(config: "PretrainedConfig", trained: "Tokenizer") -> None:
    """Write into a configuration what the model and its generation must know of the tokenizer."""
    usual: dict[str, Any] = {**config.to_dict()}
    begun_by_eos = usual.get("decoder_start_token_id") == usual.get("eos_token_id")
    names = WORDPIECE_TOKENS if trained.token_to_id("[PAD]") is not None else BYTE_LEVEL_TOKENS
    ids = {name: trained.token_to_id(token) for name, token in names.items()}
    framed = {"bos": ids.get("cls"), "eos": ids.get("sep")}
    for name in _ALWAYS:
        usual_id = usual.get(f"{name}_token_id")
        framing_id = None if usual_id is None else framed.get(name)
        setattr(config, f"{name}_token_id", ids.get(name, framing_id))
    for name in ("unk", "cls", "sep", "mask"):
        if usual.get(f"{name}_token_id") is not None:
            framing = {"cls": ids.get("bos"), "sep": ids.get("eos")}
            setattr(config, f"{name}_token_id", ids.get(name, framing.get(name)))
    for name in ("bos", "eos"):
        if usual.get(f"forced_{name}_token_id") is not None:
            setattr(config, f"forced_{name}_token_id", ids.get(name))
    if config.is_encoder_decoder:
        start = "eos" if begun_by_eos else "pad"
        config.decoder_start_token_id = ids.get(start, framed.get(start))


def _wrap(
    trained: "Tokenizer", config: "PretrainedConfig", family: Family, class_name: str
) -> "PreTrainedTokenizerFast":
    import transformers
    from tokenizers import AddedToken

    wordpiece = family is Family.WORDPIECE
    named = WORDPIECE_TOKENS if wordpiece else BYTE_LEVEL_TOKENS
    tokens: dict[str, Any] = {f"{name}_token": token for name, token in named.items()}
    if not wordpiece:  # as RoBERTa's: the space before a mask belongs to it
        tokens["mask_token"] = AddedToken(named["mask"], lstrip=True, special=True)
    if family is Family.ENCODER:
        tokens |= {"cls_token": named["bos"], "sep_token": named["eos"]}
    inputs = ["input_ids"] if config.model_type == "fnet" else ["input_ids", "attention_mask"]
    if wordpiece and getattr(config, "type_vocab_size", 0) > 1:
        inputs.insert(1, "token_type_ids")
    positions = int(getattr(config, "max_position_embeddings", None) or 0)
    longest = positions if positions > 0 else _LONGEST  # XLNet, which has no end, says -1
    tokenizer_class: type[PreTrainedTokenizerFast] = getattr(transformers, class_name)
    return tokenizer_class(
        tokenizer_object=trained,
        model_max_length=longest - 2,  # some architectures number positions from 2
        model_input_names=inputs,
        padding_side="left" if family is Family.DECODER else "right",
        **tokens,
    )

"""A tokenizer made on the spot, of the kind the architecture expects."""

import json
import string
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import SourceError
from runner.tasks import Task

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
_WORDPIECE_TOKENS = {
    "pad": "[PAD]",
    "unk": "[UNK]",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "mask": "[MASK]",
}
_BYTE_LEVEL_TOKENS = {"pad": "<pad>", "bos": "<s>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
_ALWAYS = ("pad", "bos", "eos")
_IMAGE_IDS = ("image_token_id", "image_token_index")
_CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
_CORPUS = [
    "MLflow is an open source platform for the machine learning lifecycle.",
    "A recipe says what is packaged, and the runner proves it by inference.",
    "What is the capital of France? The capital of France is Paris.",
    "A man is eating food, someone eats a meal, and the stock market fell.",
    "The museum is open on Tuesday, Wednesday and Thursday from nine to five.",
    "Transformers is a great library, and its pipelines are easy to use.",
    "My dog loves to eat spaghetti but hates going to the vet.",
    "Translate English to French: the weather is wonderful today.",
    "We should order more pizzas to meet the demand of the guests.",
    "0 1 2 3 4 5 6 7 8 9 10 25 50 100 1984 2024 + - * / = ( ) [ ] { }",
]


IMAGE_TOKEN = "<image>"  # noqa: S105
"""Stands for an image in the text of a multimodal model."""


class _Family(Enum):
    """How an architecture's tokenizer splits text and frames it."""

    WORDPIECE = "[CLS] text [SEP]"
    ENCODER = "<s> text </s>"
    ENCODER_DECODER = "text </s>"
    DECODER = "text"


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
    text_config = config.get_text_config()
    size = int(getattr(text_config, "vocab_size", 0) or _LONGEST)
    sees = [name for name in _IMAGE_IDS if getattr(config, name, None) is not None]
    more = [IMAGE_TOKEN] if sees else []
    room = size - len(more)
    trained = _wordpiece(room) if family is _Family.WORDPIECE else _byte_level(room, family)
    needed = trained.get_vocab_size() + len(more)
    if needed > size:
        raise SourceError(
            f"a vocabulary of {size} is too small: the characters alone take {needed}",
            f"Give `vocab_size` at least {needed}, or none.",
        )
    trained = _filled_up(trained, size, more)
    for name in sees:
        setattr(config, name, trained.token_to_id(IMAGE_TOKEN))
    _tell(config, trained)
    if text_config is not config:
        _tell(text_config, trained)
    tokenizer = _wrap(trained, text_config, family, class_name)
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
    tokens = _WORDPIECE_TOKENS if family is _Family.WORDPIECE else _BYTE_LEVEL_TOKENS
    return tokens.get(name.removesuffix("_token"), "")


def _family(config: "PretrainedConfig") -> tuple[_Family, str]:
    """Find an architecture's family and the class of its tokenizer, as transformers lists them."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    listed = TOKENIZER_MAPPING_NAMES.get(config.model_type)
    fast = str(listed[1] if isinstance(listed, tuple) else listed)  # a name alone in transformers 5
    if fast.removesuffix("Fast") in _BERT_LIKE:
        return _Family.WORDPIECE, fast
    if config.is_encoder_decoder:
        wrapped = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
        return (_Family.ENCODER if wrapped else _Family.ENCODER_DECODER), _PLAIN
    if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return _Family.ENCODER, _PLAIN
    return _Family.DECODER, _PLAIN


def _wordpiece(size: int) -> "Tokenizer":
    """Take characters and whole words as pieces: the library's own trainer differs by process."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    specials = list(_WORDPIECE_TOKENS.values())
    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    words = Counter(
        word
        for line in _CORPUS
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(line))
    )
    characters = sorted({chr(number) for number in range(33, 127)} - set(string.ascii_uppercase))
    pieces = [*specials, *characters, *(f"##{character}" for character in characters)]
    known = sorted(words.keys() - {*characters}, key=lambda word: (-words[word], word))
    vocabulary = [*pieces, *known[: max(0, size - len(pieces))]]
    tokenizer = Tokenizer(
        models.WordPiece(
            {piece: number for number, piece in enumerate(vocabulary)},
            unk_token=_WORDPIECE_TOKENS["unk"],
        )
    )
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, specials.index(token)) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _byte_level(size: int, family: _Family) -> "Tokenizer":
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokens = list(_BYTE_LEVEL_TOKENS.values())
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=tokens,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    without_spaces = processors.ByteLevel(trim_offsets=True)
    if family is _Family.DECODER:
        tokenizer.post_processor = without_spaces
        return tokenizer
    first = "<s> " if family is _Family.ENCODER else ""
    framing = processors.TemplateProcessing(
        single=f"{first}$A </s>",
        pair=f"{first}$A </s> $B </s>",
        special_tokens=[(token, tokens.index(token)) for token in ("<s>", "</s>")],
    )
    tokenizer.post_processor = processors.Sequence([without_spaces, framing])
    return tokenizer


def _filled_up(trained: "Tokenizer", size: int, more: list[str]) -> "Tokenizer":
    """Fill a vocabulary with unused tokens, as BERT's is: each id of the model is then a token.

    ``more`` are special tokens that take the place of the first unused ones.
    """
    from tokenizers import Tokenizer

    state = json.loads(trained.to_str())
    vocabulary = state["model"]["vocab"]
    start = len(vocabulary)
    names = [*more, *(f"[unused{number}]" for number in range(start + len(more), size))]
    vocabulary |= {name: number for number, name in enumerate(names[: size - start], start)}
    filled = Tokenizer.from_str(json.dumps(state))
    filled.add_special_tokens(more)
    return filled


def _tapas(config: "PretrainedConfig") -> "PreTrainedTokenizer":
    """Make the slow tokenizer that alone can read tables."""
    from transformers import TapasTokenizer

    size = config.get_text_config().vocab_size
    trained = _filled_up(_wordpiece(size), size, ["[EMPTY]"])
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
    names = _WORDPIECE_TOKENS if trained.token_to_id("[PAD]") is not None else _BYTE_LEVEL_TOKENS
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
        config.decoder_start_token_id = ids["eos" if begun_by_eos else "pad"]


def _wrap(
    trained: "Tokenizer", config: "PretrainedConfig", family: _Family, class_name: str
) -> "PreTrainedTokenizerFast":
    import transformers
    from tokenizers import AddedToken

    wordpiece = family is _Family.WORDPIECE
    named = _WORDPIECE_TOKENS if wordpiece else _BYTE_LEVEL_TOKENS
    tokens: dict[str, Any] = {f"{name}_token": token for name, token in named.items()}
    if not wordpiece:  # as RoBERTa's: the space before a mask belongs to it
        tokens["mask_token"] = AddedToken(named["mask"], lstrip=True, special=True)
    if family is _Family.ENCODER:
        tokens |= {"cls_token": named["bos"], "sep_token": named["eos"]}
    inputs = ["input_ids"] if config.model_type == "fnet" else ["input_ids", "attention_mask"]
    if wordpiece and getattr(config, "type_vocab_size", 0) > 1:
        inputs.insert(1, "token_type_ids")
    longest = int(getattr(config, "max_position_embeddings", None) or _LONGEST)
    tokenizer_class: type[PreTrainedTokenizerFast] = getattr(transformers, class_name)
    return tokenizer_class(
        tokenizer_object=trained,
        model_max_length=longest - 2,  # some architectures number positions from 2
        model_input_names=inputs,
        padding_side="left" if family is _Family.DECODER else "right",
        **tokens,
    )

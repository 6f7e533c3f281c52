"""A tokenizer trained on the spot, of the kind the architecture expects."""

from typing import TYPE_CHECKING

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

_WORDPIECE = {"bert", "convbert", "distilbert", "electra", "funnel", "layoutlm", "mobilebert",
              "mpnet", "tapas"}  # fmt: skip
_WRAPPED = {"bart", "camembert", "mbart", "roberta", "xlm-roberta"}
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


def train_tokenizer(config: "PretrainedConfig") -> "PreTrainedTokenizerFast":
    """Train a tokenizer and write its special tokens into a configuration.

    Args:
        config: Configuration of the model; its ``vocab_size`` bounds the vocabulary, and its
            token ids are set.

    Returns:
        WordPiece with BERT's special tokens for BERT's family, byte-level BPE for the others.
    """
    if config.model_type in _WORDPIECE:
        return _wordpiece(config)
    return _byte_level(config)


def _wordpiece(config: "PretrainedConfig") -> "PreTrainedTokenizerFast":
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=config.vocab_size, special_tokens=specials, show_progress=False
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    config.pad_token_id = 0
    return _wrap(
        tokenizer,
        config,
        pad_token="[PAD]",  # noqa: S106
        unk_token="[UNK]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
        mask_token="[MASK]",  # noqa: S106
    )


def _byte_level(config: "PretrainedConfig") -> "PreTrainedTokenizerFast":
    specials = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocab_size,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    wrapped = config.model_type in _WRAPPED
    if wrapped or config.is_encoder_decoder:
        before = "<s> " if wrapped else ""
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{before}$A </s>",
            pair=f"{before}$A </s> $B </s>",
            special_tokens=[("<s>", 1), ("</s>", 2)],
        )
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 1, 2
    if config.is_encoder_decoder:
        config.decoder_start_token_id = 0
    return _wrap(
        tokenizer,
        config,
        pad_token="<pad>",  # noqa: S106
        bos_token="<s>",  # noqa: S106
        eos_token="</s>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        mask_token="<mask>",  # noqa: S106
    )


def _wrap(
    tokenizer: Tokenizer, config: "PretrainedConfig", **tokens: str
) -> "PreTrainedTokenizerFast":
    from transformers import PreTrainedTokenizerFast

    longest = getattr(config, "max_position_embeddings", None) or 512
    inputs = ["input_ids", "attention_mask"]
    if getattr(config, "type_vocab_size", 0) > 1:
        inputs.insert(1, "token_type_ids")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=longest - 2,
        model_input_names=inputs,
        padding_side="right" if config.model_type in _WORDPIECE | _WRAPPED else "left",
        **tokens,
    )
    fast.chat_template = _CHAT_TEMPLATE
    return fast

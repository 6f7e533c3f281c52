"""Tokenizers of the tokenizers library, trained on a few sentences: the same bytes each time."""

import json
import string
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WORDPIECE_TOKENS = {
    "pad": "[PAD]",
    "unk": "[UNK]",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "mask": "[MASK]",
}
BYTE_LEVEL_TOKENS = {"pad": "<pad>", "bos": "<s>", "eos": "</s>", "unk": "<unk>", "mask": "<mask>"}
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


class Family(Enum):
    """How an architecture's tokenizer splits text and frames it."""

    WORDPIECE = "[CLS] text [SEP]"
    ENCODER = "<s> text </s>"
    ENCODER_DECODER = "text </s>"
    DECODER = "text"


def train_wordpiece(size: int) -> "Tokenizer":
    """Take characters and whole words as pieces: the library's own trainer differs by process.

    Args:
        size: Tokens at most, as long as the characters fit.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    specials = list(WORDPIECE_TOKENS.values())
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
            unk_token=WORDPIECE_TOKENS["unk"],
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


def train_byte_level(size: int, family: Family) -> "Tokenizer":
    """Train pairs of bytes.

    Args:
        size: Tokens at most, as long as the bytes fit.
        family: How text is framed.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokens = list(BYTE_LEVEL_TOKENS.values())
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
    if family is Family.DECODER:
        tokenizer.post_processor = without_spaces
        return tokenizer
    first = "<s> " if family is Family.ENCODER else ""
    framing = processors.TemplateProcessing(
        single=f"{first}$A </s>",
        pair=f"{first}$A </s> $B </s>",
        special_tokens=[(token, tokens.index(token)) for token in ("<s>", "</s>")],
    )
    tokenizer.post_processor = processors.Sequence([without_spaces, framing])
    return tokenizer


def filled_up(trained: "Tokenizer", size: int, more: list[str]) -> "Tokenizer":
    """Fill a vocabulary with unused tokens, as BERT's is: each id of the model is then a token.

    Args:
        trained: The tokenizer.
        size: Tokens it is to have.
        more: Special tokens that take the place of the first unused ones.
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

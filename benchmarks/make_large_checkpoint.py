"""Make a random GPT-2 of 1.42 GB in float32, with a tokenizer of a few words."""

import sys

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

folder = sys.argv[1]
torch.manual_seed(0)
GPT2LMHeadModel(GPT2Config(n_embd=1024, n_layer=24, n_head=16)).save_pretrained(
    folder, max_shard_size="500MB"
)
words = {word: number for number, word in enumerate(["<unk>", "what", "is", "mlflow"])}
tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(folder)

"""A random model made on the spot is a real checkpoint, the same each time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, BertTokenizerFast

from runner.errors import SourceError, StorageError
from runner.sources import Checkpoint, SourceContext
from runner.sources.scratch.source import ScratchSource
from runner.tasks import Task, all_tasks
from runner.upstream.architectures import model_types

TASKS = all_tasks()


def scratch(architecture: str, **fields: Any) -> ScratchSource:
    return ScratchSource(kind="scratch", architecture=architecture, **fields)


def resolve(
    source: ScratchSource, workdir: Path, task: str = "text-generation", component: str = "model"
) -> Checkpoint:
    workdir.mkdir(exist_ok=True)
    return source.resolve(SourceContext(workdir, workdir, TASKS[task], component))


def load(checkpoint: Checkpoint, task: str) -> tuple[Any, Any]:
    """Load with plain transformers, all weights from the file."""
    model, report = getattr(transformers, TASKS[task].auto_model).from_pretrained(
        checkpoint.folder, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    return model, AutoTokenizer.from_pretrained(checkpoint.folder)


def refusal(source: ScratchSource, workdir: Path, task: str = "text-generation") -> SourceError:
    with pytest.raises(SourceError) as caught:
        resolve(source, workdir, task)
    assert not list(workdir.iterdir()), "something half-made was left"
    return caught.value


CASES = [
    ("text-generation", "gpt2"),
    ("text-generation", "llama"),
    ("text-generation", "qwen2"),
    ("text-generation", "gemma3_text"),
    ("text-generation", "opt"),
    ("translation", "t5"),
    ("translation", "bart"),
]


@pytest.mark.parametrize(("task", "architecture"), CASES)
def test_generation_works_and_ends_at_the_end_token(
    tmp_path: Path, task: str, architecture: str
) -> None:
    checkpoint = resolve(scratch(architecture), tmp_path, task)
    model, tokenizer = load(checkpoint, task)
    inputs = tokenizer(["What is MLflow?", "A recipe"], padding=True, return_tensors="pt")
    out = model.generate(**inputs, max_new_tokens=4, do_sample=False)
    assert out.shape[0] == 2
    assert all(isinstance(text, str) for text in tokenizer.batch_decode(out))

    config, generation = model.config, model.generation_config
    assert len(tokenizer) == config.vocab_size == model.get_input_embeddings().num_embeddings
    for name in ("pad", "bos", "eos"):
        token_id = getattr(tokenizer, f"{name}_token_id")
        assert token_id == getattr(config, f"{name}_token_id")
        assert token_id == getattr(generation, f"{name}_token_id")

    def end(_: Any, scores: torch.Tensor) -> torch.Tensor:
        return torch.full_like(scores, -1e9).index_fill(1, torch.tensor(config.eos_token_id), 0)

    stopped = model.generate(**inputs, max_new_tokens=9, logits_processor=[end], do_sample=False)
    assert stopped.shape[1] < 9 + inputs["input_ids"].shape[1]
    assert (checkpoint.folder / "model.safetensors").stat().st_size < 1_000_000
    assert not list(checkpoint.folder.glob("*.bin"))


@pytest.mark.parametrize(
    "architecture", ["bert", "distilbert", "electra", "roberta", "modernbert", "deberta-v2"]
)
def test_encoders_fill_in_a_mask(tmp_path: Path, architecture: str) -> None:
    model, tokenizer = load(resolve(scratch(architecture), tmp_path, "fill-mask"), "fill-mask")
    fill = transformers.pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")
    found = fill(f"MLflow is a {tokenizer.mask_token} tool.")
    assert len(found) == 5
    assert all(entry["token_str"] for entry in found)
    long = tokenizer("word " * 2000, truncation=True, return_tensors="pt")
    assert model(**long).logits.shape[1] == tokenizer.model_max_length


def test_labels_are_what_a_classifier_answers_with(tmp_path: Path) -> None:
    source = scratch("bert", labels=["NO", "YES", "MAYBE"])
    task = "text-classification"
    model, tokenizer = load(resolve(source, tmp_path, task), task)
    classify = transformers.pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
    scores = classify("MLflow is awesome!", top_k=None)
    assert {entry["label"] for entry in scores} == {"NO", "YES", "MAYBE"}
    assert sum(entry["score"] for entry in scores) == pytest.approx(1)
    assert (model.config.num_labels, model.config.label2id["MAYBE"]) == (3, 2)


def test_a_decoder_classifies_a_batch_too(tmp_path: Path) -> None:
    task = "text-classification"
    model, tokenizer = load(resolve(scratch("gpt2"), tmp_path, task), task)
    batch = tokenizer(["a", "a longer text"], padding=True, return_tensors="pt")
    assert model(**batch).logits.shape == (2, 2)


def test_berts_tokenizer_is_berts(tmp_path: Path) -> None:
    checkpoint = resolve(scratch("bert"), tmp_path, "feature-extraction")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.folder)
    assert isinstance(tokenizer, BertTokenizerFast)
    pair = tokenizer("A man", "is eating food.")
    tokens = tokenizer.convert_ids_to_tokens(pair["input_ids"])
    assert (tokens[0], tokens.count("[SEP]"), tokens[-1]) == ("[CLS]", 2, "[SEP]")
    assert pair["token_type_ids"] == sorted(pair["token_type_ids"])
    assert set(pair["token_type_ids"]) == {0, 1}
    text = tokenizer.decode(pair["input_ids"], skip_special_tokens=True)
    assert text == "a man is eating food."
    assert tokenizer.unk_token_id not in tokenizer("Any ASCII: {x} ~ 7% @home!")["input_ids"]


def test_byte_level_text_comes_back_as_it_was(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(resolve(scratch("gpt2"), tmp_path).folder)
    for text in ("What is MLflow?", "  naïve — 漢字 🙂\n\ttabs", "0123"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    offsets = tokenizer("What is MLflow?", return_offsets_mapping=True)["offset_mapping"]
    assert ("What is MLflow?"[slice(*offsets[0])])[0] == "W"


def test_sequence_to_sequence_models_get_an_end_token(tmp_path: Path) -> None:
    checkpoint = resolve(scratch("t5"), tmp_path, "translation")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.folder)
    config = AutoModelForSeq2SeqLM.from_pretrained(checkpoint.folder).config
    assert tokenizer("A man")["input_ids"][-1] == tokenizer.eos_token_id
    assert (tokenizer.pad_token_id, config.decoder_start_token_id) == (0, 0)


def test_only_causal_language_models_chat(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(resolve(scratch("gpt2"), tmp_path).folder)
    messages = [{"role": "user", "content": "Hi"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "user: Hi\nassistant: "
    other = AutoTokenizer.from_pretrained(resolve(scratch("bert"), tmp_path, "fill-mask").folder)
    assert other.chat_template is None


_MAKE_TWO = """
import sys
from pathlib import Path
from runner.sources import SourceContext
from runner.sources.scratch.source import ScratchSource
from runner.upstream.architectures import model_types
from runner.tasks import all_tasks
from runner.upstream.architectures import model_types
for architecture, task in [("bert", "fill-mask"), ("gpt2", "text-generation")]:
    source = ScratchSource(kind="scratch", architecture=architecture, seed=3)
    source.resolve(SourceContext(Path("."), Path(workdir), all_tasks()[task]))
"""


def test_the_same_block_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    torch.manual_seed(5)
    exec(_MAKE_TWO, {"workdir": here})
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"workdir = {str(there)!r}\n{_MAKE_TWO}"],
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "7"},
    )
    made = {p.relative_to(here): p.read_bytes() for p in here.rglob("*") if p.is_file()}
    again = {p.relative_to(there): p.read_bytes() for p in there.rglob("*") if p.is_file()}
    assert made == again
    assert sum(path.name == "model.safetensors" for path in made) == 2


def test_the_seed_decides_the_weights_and_nothing_else_is_disturbed(tmp_path: Path) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    weights = [
        (resolve(scratch("gpt2", seed=seed), tmp_path).folder / "model.safetensors").read_bytes()
        for seed in (0, 1)
    ]
    assert weights[0] != weights[1]
    assert torch.equal(torch.rand(3), expected)


def test_what_is_made_once_is_not_made_again(tmp_path: Path) -> None:
    first = resolve(scratch("gpt2"), tmp_path)
    stamp = (first.folder / "model.safetensors").stat().st_mtime_ns
    assert resolve(scratch("gpt2"), tmp_path).folder == first.folder
    assert (first.folder / "model.safetensors").stat().st_mtime_ns == stamp
    assert first.name == "gpt2 (random weights, seed 0)"
    assert [p.name for p in tmp_path.iterdir()] == [first.folder.name]


def test_a_component_is_made_alone(tmp_path: Path) -> None:
    made = resolve(scratch("gpt2"), tmp_path, component="tokenizer").folder
    assert not list(made.glob("*.safetensors"))
    alone = AutoTokenizer.from_pretrained(made)
    model = AutoTokenizer.from_pretrained(resolve(scratch("gpt2"), tmp_path).folder)
    assert alone.get_vocab() == model.get_vocab()
    with pytest.raises(SourceError, match="no image processor for gpt2"):
        resolve(scratch("gpt2"), tmp_path, component="image_processor")


@pytest.mark.parametrize(
    ("architecture", "config", "sizes"),
    [
        ("gpt2", {"n_embd": 48}, {"hidden_size": 48, "num_attention_heads": 4}),
        ("gpt2", {"hidden_size": 48}, {"n_embd": 48, "num_hidden_layers": 2}),
        ("llama", {"num_attention_heads": 8}, {"head_dim": 4, "num_key_value_heads": 4}),
        ("llama", {"num_attention_heads": 1}, {"num_key_value_heads": 1, "hidden_size": 32}),
        ("qwen3", {"hidden_size": 64}, {"head_dim": 16, "intermediate_size": 128}),
        ("gpt2", {"vocab_size": 3000}, {"vocab_size": 3000}),
    ],
)
def test_sizes_that_are_not_given_follow_from_those_that_are(
    tmp_path: Path, architecture: str, config: dict[str, int], sizes: dict[str, int]
) -> None:
    checkpoint = resolve(scratch(architecture, config=config), tmp_path)
    model, tokenizer = load(checkpoint, "text-generation")
    assert {name: getattr(model.config, name) for name in sizes} == sizes
    assert len(tokenizer) == model.config.vocab_size
    assert model(**tokenizer("A man", return_tensors="pt")).logits.isfinite().all()


def test_parts_of_a_multimodal_configuration_are_small_too(tmp_path: Path) -> None:
    from runner.sources.scratch.config import small_config

    config = small_config("gemma3", {"text_config": {"hidden_size": 64}}, None)
    assert config.text_config.hidden_size == 64
    assert config.vision_config.hidden_size == 32


@pytest.mark.parametrize(
    ("config", "message", "remedy"),
    [
        ({"n_embed": 48}, "`n_embed` is not a field of the gpt2 config", "Did you mean `n_embd`?"),
        ({"hiden_size": 48}, "`hiden_size` is not a field", "Did you mean `hidden_size`?"),
        ({"save_pretrained": 1}, "`save_pretrained` is not a field", ""),
        ({"n_embd": 30}, "30 cannot be divided among 4 attention heads", "such as 28"),
        ({"n_head": 0}, "cannot be divided among 0 attention heads", ""),
        ({"n_embd": "64"}, "`n_embd` of the gpt2 configuration takes a number", "usually 768"),
        ({"n_embd": -32}, "no gpt2", ""),
        ({"vocab_size": 100}, "a vocabulary of 100 is too small", "at least 261"),
        ({"dtype": "float16"}, "`dtype` of the gpt2 configuration cannot be set", "own `dtype`"),
        ({"eos_token_id": 5}, "`eos_token_id`", "follows from the tokenizer"),
        ({"num_labels": 3}, "`num_labels`", "Write `labels` instead"),
    ],
)
def test_a_wrong_configuration_names_the_key(
    tmp_path: Path, config: dict[str, Any], message: str, remedy: str
) -> None:
    error = refusal(scratch("gpt2", config=config), tmp_path)
    assert message in error.message
    assert remedy in error.remedy


def test_key_value_heads_must_divide_the_heads(tmp_path: Path) -> None:
    error = refusal(scratch("llama", config={"num_key_value_heads": 3}), tmp_path)
    assert error.message == "4 attention heads cannot share 3 key-value heads"


def test_an_architecture_that_does_not_fit_the_task_says_so(tmp_path: Path) -> None:
    error = refusal(scratch("t5"), tmp_path)
    assert "transformers has no t5 model for text-generation" in error.message


def test_an_unknown_architecture_is_a_finding(tmp_path: Path) -> None:
    (finding,) = scratch("gtp2").check(tmp_path)
    assert (finding.code, finding.loc) == ("unknown-architecture", ("architecture",))
    assert finding.remedy == "Did you mean `gpt2`?"
    assert "unknown" not in refusal(scratch("gtp2"), tmp_path).message
    assert list(scratch("xlm-roberta").check(tmp_path)) == []
    assert scratch("auto").check(tmp_path)


def test_labels_are_given_once(tmp_path: Path) -> None:
    (finding,) = scratch("bert", labels=["A", "B", "A"]).check(tmp_path)
    assert (finding.code, finding.loc) == ("duplicate-label", ("labels",))


def test_the_architectures_are_those_transformers_knows() -> None:
    assert model_types() == set(transformers.CONFIG_MAPPING.keys())


def test_checking_imports_nothing_heavy() -> None:
    code = (
        "import sys, json; from pathlib import Path; from runner.sources import all_kinds\n"
        "list(all_kinds()['scratch'](kind='scratch', architecture='bert').check(Path('.')))\n"
        "heavy = {'torch', 'transformers', 'tokenizers', 'safetensors', 'mlflow', 'numpy',"
        " 'huggingface_hub'}\n"
        "print(json.dumps(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert json.loads(done.stdout) == []


def test_a_disk_that_will_not_take_it_is_no_source_error(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file where the folder should be")
    context = SourceContext(tmp_path, tmp_path / "work", _task())
    with pytest.raises(StorageError, match="could not be written"):
        scratch("gpt2").resolve(context)


def _task() -> Task:
    return all_tasks()["text-generation"]

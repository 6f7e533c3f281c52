"""Models measured otherwise than by single answers, held to other ways to the same numbers."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from runner import RecipeError, RunRecord, compose, evaluate, run
from runner.datasets import DataError
from runner.evaluated import EvaluationRecord
from runner.evaluation.long_rows import hearing
from tests.checkpoints import causal_lm, embedder
from tests.conftest import REPOSITORY

SAID = "a man is eating food while the dog sleeps near two old trees and birds sing outside now"
WORDS = SAID.split()
TEXTS = [" ".join(WORDS[n % 7 :][: 3 + n % 5]) for n in range(24)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def recipe_of(home: Path, name: str, task: str, source: str, **evaluation: Any) -> str:
    said = {"views": ["pyfunc"], **evaluation}
    recipe = {
        "task": task,
        "source": {"kind": "local", "path": source},
        "evaluation": said,
        **evaluation.pop("recipe", {}),
    }
    said.pop("recipe", None)
    (home / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    return str(home / f"{name}.yaml")


def composed(recipe: str, home: Path):
    return compose(recipe, f"out={home}/outputs", "tracking.uri=null")


@pytest.fixture(scope="module")
def vectors_model(home: Path) -> RunRecord:
    embedder(home / "bert")
    recipe = recipe_of(home, "bert-model", "feature-extraction", "bert", inputs=["a man"])
    return run(composed(recipe, home))


@pytest.fixture(scope="module")
def language_model(home: Path) -> RunRecord:
    causal_lm(home / "gpt")
    said = {"model_config": {"do_sample": True, "max_new_tokens": 3}}
    recipe = recipe_of(home, "gpt-model", "text-generation", "gpt", inputs=["a man"], recipe=said)
    return run(composed(recipe, home))


def evaluated(model: RunRecord, home: Path, name: str, **evaluation: Any) -> EvaluationRecord:
    source = str(home / ("bert" if "bert" in model.recipe else "gpt"))
    recipe = recipe_of(home, name, model.task, source, **evaluation)
    found = evaluate(model.model, composed(recipe, home)).evaluation
    assert found is not None
    return found


def values(found: EvaluationRecord) -> Mapping[str, float]:
    return {score.name: score.value for score in found.scores}


def means(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """Give the mean of the hidden states of each text, by transformers alone."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    with torch.no_grad():
        return np.stack([
            model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0).numpy()
            for text in texts
        ]).astype(float)  # fmt: skip


def test_pairs_are_scored_by_the_cosine_of_their_vectors(
    home: Path, vectors_model: RunRecord
) -> None:
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics.pairwise import cosine_similarity

    human = [((7 * n) % 11) / 2 for n in range(23)]
    rows = [
        {"one": a, "other": b, "human": h} for a, b, h in zip(TEXTS, TEXTS[1:], human, strict=False)
    ]
    (home / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = evaluated(
        vectors_model, home, "pairs", metrics=["pearson", "spearman", "mae"],
        dataset={"path": "pairs.jsonl", "inputs": {"first": "one", "second": "other"},
                 "target": "human"},
    )  # fmt: skip
    cosines = np.diag(cosine_similarity(means(home / "bert", TEXTS))[:-1, 1:])
    assert values(found) == pytest.approx({
        "pearson": pearsonr(cosines, human)[0],
        "spearman": spearmanr(cosines, human)[0],
        "mae": float(np.abs(cosines - human).mean()),
    }, abs=1e-5)  # fmt: skip
    assert (found.data.rows, found.data.inferred) == (23, 23)
    assert not {"first_text_p50_ms", "generated_tokens_per_second"} & found.measured.keys()
    assert found.scores[0].low < found.scores[0].value < found.scores[0].high


def test_queries_are_scored_by_where_a_corpus_has_what_they_are_for(
    home: Path, vectors_model: RunRecord
) -> None:
    from sklearn.metrics import ndcg_score
    from sklearn.metrics.pairwise import cosine_similarity

    corpus = list(dict.fromkeys(TEXTS))[:15]
    lines = "".join(f"d{n}\t{text}\n" for n, text in enumerate(corpus))
    (home / "corpus.tsv").write_text(f"key\tpassage\n{lines}")
    gains = [{f"d{n}": 3, f"d{(4 * n + 1) % 15}": 1} for n in range(10)]
    asked = ["dog " + corpus[n] + " trees" for n in range(10)]
    rows = [{"query": q, "right": g} for q, g in zip(asked, gains, strict=True)]
    of_corpus = {"path": "corpus.tsv", "inputs": "passage", "id": "key"}
    found = evaluated(
        vectors_model, home, "search",
        metrics=["mrr", {"name": "ndcg", "k": 10}, {"name": "recall_at_k", "k": 3}],
        dataset={"rows": rows, "inputs": "query", "target": "right", "corpus": of_corpus},
    )  # fmt: skip
    near = cosine_similarity(means(home / "bert", asked), means(home / "bert", corpus))
    worth = np.array([[gain.get(f"d{n}", 0) for n in range(15)] for gain in gains])
    order = np.argsort(-near, axis=1)
    ranked = np.take_along_axis(worth, order, axis=1) > 0
    assert values(found) == pytest.approx({
        "mrr": float(np.mean(1 / (1 + ranked.argmax(axis=1)))),
        "ndcg": float(ndcg_score(worth, near, k=10)),
        "recall_at_k": float(np.mean(ranked[:, :3].sum(axis=1) / ranked.sum(axis=1))),
    })  # fmt: skip
    table = json.loads(Path(found.table).read_text())["data"]
    assert [row[3] for row in table] == [[f"d{n}" for n in row] for row in order]
    with pytest.raises(DataError, match=r"row 1: the corpus has no entry d99"):
        evaluated(
            vectors_model, home, "lost", metrics=["mrr"],
            dataset={"rows": [{"query": "a", "target": "d99"}], "target": "target",
                     "corpus": of_corpus},
        )  # fmt: skip
    twice = {"rows": [{"id": "a", "text": "a"}, {"id": "a", "text": "b"}]}
    with pytest.raises(DataError, match="row 2: a is the id of another"):
        evaluated(
            vectors_model, home, "twice", metrics=["mrr"],
            dataset={"rows": [{"query": "a", "target": "a"}], "target": "target", "corpus": twice},
        )  # fmt: skip


def test_the_search_of_the_page_is_measured(home: Path, vectors_model: RunRecord) -> None:
    text = (REPOSITORY / "docs" / "evaluation.md").read_text()
    (example,) = re.findall(
        r"```yaml\n(# recipes/feature-extraction/search.yaml\n.*?)```", text, re.S
    )
    (home / "page.yaml").write_text(example)
    found = evaluate(vectors_model.model, composed(str(home / "page.yaml"), home)).evaluation
    assert found is not None
    assert [score.name for score in found.scores] == ["mrr", "recall_at_k"]
    assert found.scores[0].value in (0.5, 1.0)


@cache
def loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)


def by_hand(folder: Path, whole: str, start: int) -> tuple[float, int]:
    """Give the log-likelihood of the tokens of a text from one on, a token at a time."""
    tokenizer, model = loaded(folder)
    ids = tokenizer(whole)["input_ids"]
    if start == 0:
        ids, start = [tokenizer.bos_token_id, *ids], 1
    summed = 0.0
    with torch.no_grad():
        for end in range(start, len(ids)):
            scores = model(torch.tensor([ids[:end]])).logits[0, -1].double()
            summed += float(scores[ids[end]] - torch.logsumexp(scores, 0))
    return summed, len(ids) - start


def test_perplexity_is_that_of_a_loop_over_tokens(home: Path, language_model: RunRecord) -> None:
    found = evaluated(
        language_model, home, "texts", metrics=["perplexity"],
        dataset={"rows": [{"text": text} for text in TEXTS[:8]]},
    )  # fmt: skip
    sums = [by_hand(home / "gpt", text, 0) for text in TEXTS[:8]]
    likely, tokens = map(sum, zip(*sums, strict=True))
    assert values(found)["perplexity"] == pytest.approx(np.exp(-likely / tokens), rel=1e-5)
    assert found.scores[0].low < found.scores[0].value < found.scores[0].high


def test_with_a_target_only_that_is_scored_behind_its_prompt(
    home: Path, language_model: RunRecord
) -> None:
    from transformers import AutoTokenizer

    found = evaluated(
        language_model, home, "behind", metrics=["perplexity"],
        dataset={"rows": [{"text": "a man is", "then": "eating food"}], "target": "then"},
    )  # fmt: skip
    start = len(AutoTokenizer.from_pretrained(home / "gpt")("a man is")["input_ids"])
    likely, tokens = by_hand(home / "gpt", "a man is eating food", start)
    ((*_, answer, _),) = json.loads(Path(found.table).read_text())["data"]
    assert answer == {"log_likelihood": pytest.approx(likely, rel=1e-5), "tokens": tokens}


def test_the_likeliest_choice_is_the_answer(home: Path, language_model: RunRecord) -> None:
    from transformers import AutoTokenizer

    choices = ["eating food", "old trees", "birds sing and the dog sleeps"]
    rows = [
        {"prompt": "a man is", "choices": choices, "right": 1},
        {"prompt": "the dog", "choices": json.dumps(choices), "right": "old trees"},
        {"prompt": "two", "choices": dict(zip("ABC", choices, strict=True)), "right": "C"},
    ]
    found = evaluated(
        language_model, home, "choices", metrics=["accuracy", "log_loss"],
        dataset={"rows": rows, "target": "right"},
    )  # fmt: skip
    tokenizer = AutoTokenizer.from_pretrained(home / "gpt")
    table = json.loads(Path(found.table).read_text())["data"]
    losses, right = [], []
    for row, place, line in zip(rows, (1, 1, 2), table, strict=True):
        start = len(tokenizer(row["prompt"])["input_ids"])
        sums = [by_hand(home / "gpt", f"{row['prompt']} {c}", start)[0] for c in choices]
        shares = np.exp(sums) / np.exp(sums).sum()
        losses.append(-np.log(max(shares[place], 2**-52)))
        right.append(int(np.argmax(sums) == place))
        assert sorted(one["score"] for one in line[3]) == pytest.approx(sorted(shares), rel=1e-4)
        assert line[2] in ("old trees", "C")
    assert values(found) == pytest.approx({
        "accuracy": np.mean(right), "log_loss": np.mean(losses)
    }, rel=1e-4)  # fmt: skip
    with pytest.raises(DataError, match="row 1: the target 3 is none of the choices"):
        evaluated(
            language_model, home, "beyond", metrics=["accuracy"],
            dataset={"rows": [{**rows[0], "right": 3}], "target": "right"},
        )  # fmt: skip


def test_a_text_that_is_too_long_is_cut_or_refused_by_name(
    home: Path, language_model: RunRecord
) -> None:
    config = json.loads((home / "gpt" / "config.json").read_text())
    long = "a man is eating food " * config["n_positions"]
    dataset = {"rows": [{"text": "a man"}, {"text": long}]}
    with hearing() as heard:
        found = evaluated(language_model, home, "long", metrics=["perplexity"], dataset=dataset)
    assert "tokens; the model takes" in heard.said[0]
    table = json.loads(Path(found.table).read_text())["data"]
    (most,) = map(int, re.findall(r"the model takes (\d+)", heard.said[0]))
    assert most <= config["n_positions"]
    assert table[1][3]["tokens"] == most - 1  # the first one is given
    with pytest.raises(DataError, match=r"row 2: the model gives no answer: .*tokens; the model"):
        evaluated(
            language_model, home, "refused", metrics=["perplexity"], dataset=dataset,
            truncation="error",
        )  # fmt: skip


def test_a_row_that_is_asked_several_times_has_a_pass_rate(
    home: Path, language_model: RunRecord
) -> None:
    from transformers import AutoTokenizer

    rows = [{"text": text, "right": "a"} for text in TEXTS]
    dataset = {"rows": rows, "target": "right"}

    def asked(repeat: int):
        found = evaluated(
            language_model, home, "repeated", metrics=["contains", "cer"], repeat=repeat,
            dataset=dataset,
        )  # fmt: skip
        return found, json.loads(Path(found.table).read_text())["data"]

    found, table = asked(3)
    assert (found.data.rows, found.data.inferred, found.data.repeat) == (24, 24, 3)
    answers = [row[3] for row in table]
    assert {len(of_row) for of_row in answers} == {3}
    assert any(len(set(of_row)) == 3 for of_row in answers)
    rates = [sum("a" in answer for answer in of_row) / 3 for of_row in answers]
    assert [row[4] for row in table] == pytest.approx(rates)
    assert 0 < sum(rates) < 24
    (score, _) = found.scores
    assert (score.value, score.rows) == (pytest.approx(np.mean(rates)), 24)
    assert score.high - score.low == pytest.approx(2 * 1.96 * np.std(rates) / np.sqrt(24), rel=0.3)
    tokenizer = AutoTokenizer.from_pretrained(home / "gpt")
    (kept,) = home.rglob("predictions.sqlite")
    counted = "SELECT what, sum(value) FROM timings WHERE model = ? GROUP BY what"
    newest = "SELECT model FROM timings WHERE what = 'generated tokens' LIMIT 1"
    with sqlite3.connect(kept) as database:
        model = database.execute(newest).fetchone()
        timed = dict(database.execute(counted, model))
        each = "SELECT value FROM timings WHERE model = ? AND what = 'batch'"
        batches = [seconds for (seconds,) in database.execute(each, model)]
    for what, texts in (("prompt", TEXTS * 3), ("generated", sum(answers, []))):
        tokens = sum(len(tokenizer(text)["input_ids"]) for text in texts)
        assert timed[f"{what} tokens"] == tokens
        speed = found.measured[f"{what}_tokens_per_second"]
        assert speed == pytest.approx(tokens / timed["batch"], rel=1e-3)
    for part in (50, 95, 99):
        at = np.quantile(batches, part / 100) * 1000
        assert found.measured[f"batch_p{part}_ms"] == pytest.approx(at, abs=1e-3)
    assert found.measured["first_text_p50_ms"] > 0
    more, table = asked(5)
    assert [row[3][:3] for row in table] == answers
    assert more.data.inferred == 24
    once, table = asked(1)
    assert ([row[3] for row in table], once.data.inferred) == ([a[0] for a in answers], 0)


@pytest.mark.parametrize(
    ("task", "evaluation", "code", "said"),
    [
        ("text-generation", {"metrics": ["perplexity", "bleu"],
         "dataset": {"rows": [{"text": "a", "t": "b"}], "target": "t"}},
         "metric-not-for-task", "`perplexity` scores another thing of a model"),
        ("text-generation", {"repeat": 2, "metrics": ["accuracy"],
         "dataset": {"rows": [{"prompt": "a", "choices": ["b", "c"], "t": "b"}], "target": "t"}},
         "repeat-greedy", "nothing is drawn in what it gives"),
        ("feature-extraction", {"repeat": 2, "metrics": ["pearson"],
         "dataset": {"rows": [{"first": "a", "second": "b", "t": 1.0}], "target": "t"}},
         "repeat-metric", "`pearson` of all rows is no mean over the answers of each"),
        ("text-generation", {"repeat": 2}, "no-dataset", "`repeat` is about rows"),
        ("feature-extraction", {"gates": {"first_text_p50_ms": "< 9"}, "metrics": ["pearson"],
         "dataset": {"rows": [{"first": "a", "second": "b", "t": 1.0}], "target": "t"}},
         "bad-gate", "`first_text_p50_ms`: feature-extraction gives no answer piece by piece"),
        ("feature-extraction", {"gates": {"generated_tokens_per_second": "> 9"},
         "dataset": {"rows": [{"text": "a"}]}},
         "bad-gate", "feature-extraction generates no text"),
        ("feature-extraction", {"metrics": ["pearson"],
         "dataset": {"rows": [{"a": "a", "t": 1.0}], "inputs": {"first": "a"}, "target": "t"}},
         "bad-dataset", "No column is named for `second`"),
        ("feature-extraction", {"metrics": ["pearson"],
         "dataset": {"rows": [{"a": "a", "t": 1.0}], "inputs": "a", "target": "t"}},
         "bad-dataset", "takes a mapping with first, second for these metrics, and one column"),
        ("feature-extraction", {"metrics": ["mrr"],
         "dataset": {"rows": [{"query": "a", "t": "1"}], "target": "t"}},
         "no-corpus", "the dataset has no `corpus`"),
        ("feature-extraction", {"metrics": ["pearson"],
         "dataset": {"rows": [{"first": "a", "second": "a", "t": 1.0}], "target": "t",
                     "corpus": {"rows": [{"id": "a", "text": "b"}]}}},
         "no-corpus", "no metric asks where rows are found"),
        ("feature-extraction", {"metrics": ["mrr"],
         "dataset": {"rows": [{"query": "a", "t": "1"}], "target": "t",
                     "corpus": {"path": "nowhere.csv"}}},
         "dataset-missing", "nowhere.csv does not exist"),
    ],
)  # fmt: skip
def test_what_a_task_cannot_give_is_found_in_the_recipe(
    workspace: Path, task: str, evaluation: dict, code: str, said: str
) -> None:

    recipe = {
        "task": task,
        "source": {"kind": "scratch", "architecture": "gpt2" if "gen" in task else "bert"},
        "evaluation": evaluation,
    }
    (workspace / "asked.yaml").write_text(yaml.safe_dump(recipe))
    with pytest.raises(RecipeError) as caught:
        compose(str(workspace / "asked.yaml"))
    found = {finding.code: finding.message for finding in caught.value.findings}
    assert said in found[code]

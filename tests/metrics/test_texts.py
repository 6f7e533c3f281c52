"""Metrics of texts, held to the packages of their fields and to published examples."""

import math
import re
import time
from pathlib import Path

import jiwer
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sacrebleu.metrics import BLEU, CHRF, TER

from runner.metrics.base import MetricError
from runner.metrics.rouge import import_rouge
from tests.conftest import REPOSITORY
from tests.forked import start
from tests.metrics.samples import make, measured, rows_for, value

SEEDS = range(3)


def test_token_f1_is_as_the_squad_script_has_it() -> None:
    """Case, punctuation and articles do not count; 2 of 3 and 2 of 2 words are shared: F1 0.8."""
    metric = make("token_f1")
    assert value(metric, [("The Denver Broncos!", "denver broncos")]) == 1
    assert value(metric, [("in Denver Broncos", "the Denver Broncos")]) == pytest.approx(0.8)
    assert value(metric, [("a cat cat", "cat dog")]) == 0.5
    assert value(metric, [("Santa Clara", ["Levi's Stadium", "Santa Clara, California"])]) == 0.8


def test_exact_match_is_as_the_squad_script_has_it() -> None:
    metric = make("exact_match", normalise="squad")
    assert value(metric, [("The Denver Broncos!", ["Broncos", "denver broncos"])]) == 1
    assert value(make("exact_match"), [("The Denver Broncos!", "denver broncos")]) == 0
    assert value(make("exact_match", ignore_case=True), [("PARIS ", "paris")]) == 1


@pytest.mark.parametrize("metric", [make("token_f1"), make("exact_match", normalise="squad")])
def test_a_question_without_an_answer_wants_none(metric) -> None:
    for nothing in (None, "", [], {"text": [], "answer_start": []}):
        assert metric.measure("", nothing) == {"value": 1}
        assert metric.measure("the", nothing) == {"value": 1}
        assert metric.measure("Paris", nothing) == {"value": 0}
    assert metric.measure("", "Paris") == {"value": 0}
    assert (
        metric.measure("Paris", {"text": ["Rome", "Paris"], "answer_start": [3, 9]})["value"] == 1
    )


def test_rouge_is_as_published() -> None:
    """Lin's examples: police killed the gunman, and what two summaries make of it."""
    target = "police killed the gunman"
    assert value(make("rougeL"), [("police kill the gunman", target)]) == pytest.approx(3 / 4)
    assert value(make("rougeL"), [("the gunman kill police", target)]) == pytest.approx(2 / 4)
    assert value(make("rouge2"), [("the gunman police killed", target)]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", ["rouge1", "rouge2", "rougeL", "rougeLsum"])
@pytest.mark.parametrize("stem", [False, True])
def test_rouge_is_the_mean_of_the_packages_scores(name: str, stem: bool) -> None:
    pairs = [(one.replace(" on", "\n"), other) for one, other in rows_for(make(name), 10)]
    scorer = import_rouge().RougeScorer([name], use_stemmer=stem)
    expected = np.mean([scorer.score(target, answer)[name].fmeasure for answer, target in pairs])
    assert value(make(name, stem=stem), pairs) == pytest.approx(expected)


_LOGGING = """
import io, logging.config, sys
from contextlib import redirect_stderr
from tests.metrics.samples import make, value
theirs, later = io.StringIO(), io.StringIO()
with redirect_stderr(theirs):
    assert value(make("rouge1"), [("a b", "a b")]) == 1
with redirect_stderr(later):
    logging.config.dictConfig({"version": 1})
assert (theirs.closed, later.closed, sys.stderr.closed) == (False, False, False)
"""


def test_rouge_leaves_the_streams_of_the_process_alone(workspace: Path) -> None:
    done = start(_LOGGING, workspace, path=[str(REPOSITORY)]).end()
    assert done.code == 0, done.stderr


def test_rouge_of_summary_lines_takes_each_line_of_the_target() -> None:
    """Lin's union of common subsequences: w1 w2 and w1 w3 w5 of w1 w2 w3 w4 w5 are 4 of 5 words."""
    pairs = [("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5")]
    recall, precision = 4 / 5, 4 / 10
    expected = 2 * recall * precision / (recall + precision)
    assert value(make("rougeLsum"), pairs) == pytest.approx(expected)


def test_rouge_of_another_script_is_no_score_of_zero() -> None:
    with pytest.raises(MetricError, match="tokens: unicode"):
        make("rouge1").measure("Москва", "Москва")
    metric = make("rouge1", tokens="unicode")
    assert value(metric, [("Москва большая", "Москва")]) == pytest.approx(2 / 3)
    assert value(metric, [("我爱北京", "我在北京")]) == pytest.approx(3 / 4)
    assert value(make("rouge2", tokens="unicode"), [("我爱北京", "我在北京")]) == pytest.approx(
        1 / 3
    )


def _columns(pairs):
    answers = [answer for answer, _ in pairs]
    return answers, [[target for _, target in pairs]]


OF_SACREBLEU = [
    ("bleu", {}, BLEU()),
    ("bleu", {"tokenize": "char", "lowercase": True}, BLEU(tokenize="char", lowercase=True)),
    ("chrf", {}, CHRF()),
    ("chrf", {"lowercase": True}, CHRF(lowercase=True)),
    ("ter", {}, TER()),
    ("ter", {"case_sensitive": True}, TER(case_sensitive=True)),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "parameters", "package"), OF_SACREBLEU)
def test_translation_is_sacrebleus_corpus_score(name, parameters, package, seed) -> None:
    metric = make(name, **parameters)
    pairs = [(one.capitalize() + ".", other) for one, other in rows_for(metric, 20, seed)]
    assert value(metric, pairs) == pytest.approx(package.corpus_score(*_columns(pairs)).score)


@pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
def test_each_resample_is_sacrebleus_score_of_the_resampled_corpus(name: str) -> None:
    metric = make(name)
    package = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}[name]
    pairs = rows_for(metric, 6, 1)
    drawn = np.random.default_rng(0).integers(6, size=(20, 6))
    weights = np.array([np.bincount(one, minlength=6) for one in drawn], float)
    expected = [package.corpus_score(*_columns([pairs[i] for i in one])).score for one in drawn]
    np.testing.assert_allclose(metric.aggregate(measured(metric, pairs), weights), expected)


@pytest.mark.parametrize(("answer", "target"), [("cat", "cats"), ("a", "a"), ("ab c", "abc de")])
def test_chrf_of_texts_shorter_than_its_n_grams_is_sacrebleus(answer: str, target: str) -> None:
    expected = CHRF().corpus_score([answer], [[target]]).score
    assert value(make("chrf"), [(answer, target)]) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "parameters", "package"), OF_SACREBLEU)
def test_several_targets_and_bad_answers_score_as_in_sacrebleu(name, parameters, package) -> None:
    answers = ["the the the the the the the", "", "a cat sat on a mat", "on mat the sat cat"]
    targets = [
        ["the cat is on the mat", "there is a cat on the mat"],
        ["nothing here", "x"],
        ["a cat sat on the mat", "the cat sat down on that mat there"],
        ["the cat sat on the mat", "a dog"],
    ]
    expected = package.corpus_score(answers, [list(one) for one in zip(*targets, strict=True)])
    metric = make(name, **parameters)
    pairs = list(zip(answers, targets, strict=True))
    assert value(metric, pairs) == pytest.approx(expected.score)
    for pair in pairs:
        alone = package.corpus_score([pair[0]], [[target] for target in pair[1]]).score
        assert value(metric, [pair]) == pytest.approx(alone)


def test_bleu_is_as_published() -> None:
    """Papineni's: seven times the, of which two are in a right text."""
    targets = ["the cat is on the mat", "there is a cat on the mat"]
    counted = make("bleu").measure("the the the the the the the", targets)
    assert (counted["right.1"], counted["all.1"]) == (2, 7)


def test_ter_is_as_published() -> None:
    """Snover's: one shift, two substitutions and one insertion, 4 edits of 13 words."""
    target = "SAUDI ARABIA denied THIS WEEK information published in the AMERICAN new york times"
    answer = "THIS WEEK THE SAUDIS denied information published in the new york times"
    assert value(make("ter"), [(answer, target)]) == pytest.approx(100 * 4 / 13)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "of_jiwer"), [("wer", jiwer.wer), ("cer", jiwer.cer)])
def test_error_rates_are_those_of_jiwer(name: str, of_jiwer, seed: int) -> None:
    pairs = [*rows_for(make(name), 20, seed), ("", "a cat"), ("a cat sat on mats", "dog")]
    answers, (targets,) = _columns(pairs)
    assert value(make(name), pairs) == pytest.approx(of_jiwer(targets, answers))


def test_error_rates_are_as_worked_by_hand() -> None:
    """One substitution, one deletion, one insertion of 6 words; kitten and sitting are 3 apart."""
    pair = ("the bat sat on the mat there", "the cat sat down on the mat")
    assert value(make("wer"), [pair]) == pytest.approx(3 / 7)
    assert value(make("cer"), [("sitting", "kitten")]) == pytest.approx(3 / 6)
    assert value(make("wer"), [("a b", ["c d e", "a b c"])]) == pytest.approx(1 / 3)


def test_words_where_there_are_none_are_errors() -> None:
    assert value(make("wer"), [("uh hello", ""), ("a", "a")]) == 2
    assert math.isnan(value(make("wer"), [("uh", "")]))


def test_what_does_not_count_is_declared() -> None:
    pair = (
        "Mr. Smith paid $20 - um, didn't he? [laughs]",
        "mister smith paid twenty dollars did not he",
    )
    assert value(make("wer"), [pair]) > 0.8
    assert 0.3 < value(make("wer", normalise="basic"), [pair]) < 0.8
    assert value(make("wer", normalise="whisper"), [pair]) == 0
    assert value(make("wer", normalise="basic"), [("Über, all!", "über all")]) == 0


def test_perplexity_is_the_exponential_of_torchs_cross_entropy() -> None:
    logits = torch.randn(12, 50, generator=torch.Generator().manual_seed(0))
    tokens = torch.arange(12)
    each = torch.log_softmax(logits, -1)[tokens, tokens]
    pairs = [
        ({"log_likelihood": float(part.sum()), "tokens": len(part)}, None)
        for part in each.split([2, 7, 3])
    ]
    expected = torch.nn.functional.cross_entropy(logits, tokens).exp()
    assert value(make("perplexity"), pairs) == pytest.approx(float(expected), rel=1e-5)
    uniform = {"log_likelihood": -5 * math.log(50), "tokens": 5}
    assert value(make("perplexity"), [(uniform, None)]) == pytest.approx(50)


def test_texts_by_themselves() -> None:
    assert value(make("contains"), [("It is Paris.", ["Rome", "Paris"]), ("paris", "Paris")]) == 0.5
    assert value(make("contains", ignore_case=True), [("paris", "Paris")]) == 1
    assert value(make("regex", pattern=r"\d+"), [("is 42.", None), ("no", None)]) == 0.5
    assert value(make("regex", pattern=r"\d+", whole=True), [("is 42.", None), ("42", None)]) == 0.5
    assert value(make("length"), [("four", None), ("", None)]) == 2
    assert value(make("length", unit="words"), [("one two  three", None)]) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_texts_are_as_python_has_them(seed: int) -> None:
    pairs = [(answer, target[:12]) for answer, target in rows_for(make("contains"), 40, seed)]
    pairs += [(target, target) for _, target in pairs[:5]]
    expected = {
        make("contains"): [target in answer for answer, target in pairs],
        make("exact_match"): [answer == target for answer, target in pairs],
        make("regex", pattern="ca?t.*mat"): [re.search("ca?t.*mat", one) for one, _ in pairs],
        make("length"): [len(answer) for answer, _ in pairs],
        make("length", unit="words"): [len(answer.split()) for answer, _ in pairs],
    }
    for metric, each in expected.items():
        numbers = [one if isinstance(one, int) else one is not None for one in each]
        assert value(metric, pairs) == pytest.approx(sum(numbers) / len(pairs)), metric


def test_a_pattern_that_never_ends_is_an_error_after_a_second() -> None:
    start = time.monotonic()
    with pytest.raises(MetricError, match="more than a second"):
        make("regex", pattern=r"(a|a)*b(?=c)(x+x+)+y|(.*,){20}z").measure("a" * 60 + "," * 60, None)
    schema = {"type": "string", "pattern": r"(a|a)*b(?=c)(x+x+)+y|(.*,){20}z"}
    with pytest.raises(MetricError, match="more than a second"):
        make("json_schema", schema=schema).measure('"' + "a" * 60 + "," * 60 + '"', None)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('{"a": [1, 2.5, null, true]}', 1),
        ('"text"', 1),
        (" 3 ", 1),
        ("9" * 5000, 1),
        ("{'a': 1}", 0),
        ('{"a": 1} and more', 0),
        ("NaN", 0),
        ("[1, Infinity]", 0),
        ("", 0),
        ("[" * 200_000, 0),
    ],
)
def test_json_is_as_the_rfc_has_it(text: str, valid: int) -> None:
    assert make("json_valid").measure(text, None) == {"value": valid}
    assert make("json_schema", schema={}).measure(text, None) == {"value": valid}


def test_json_is_held_to_its_schema() -> None:
    schema = {
        "type": "object",
        "required": ["city"],
        "properties": {"city": {"$ref": "#/$defs/name"}},
        "$defs": {"name": {"type": "string", "pattern": "^[A-Z]"}},
    }
    answers = ('{"city": "Paris"}', '{"city": "paris"}', '{"town": "Paris"}', '["Paris"]')
    measured_ = [make("json_schema", schema=schema).measure(text, None) for text in answers]
    assert [one["value"] for one in measured_] == [1, 0, 0, 0]


def test_a_schema_fetches_nothing_and_runs_no_further_than_it_may() -> None:
    with pytest.raises(MetricError, match="refers to what it does not have"):
        make("json_schema", schema={"$ref": "http://127.0.0.1:9/schema.json"}).measure("1", None)
    with pytest.raises(MetricError, match="without end"):
        make("json_schema", schema={"$ref": "#"}).measure("1", None)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("regex", {"pattern": "(a"}, "no regular expression"),
        ("regex", {"pattern": "a" * 1001}, "1000 characters"),
        ("json_schema", {"schema": {"type": "thing"}}, "no JSON Schema"),
        ("json_schema", {"schema": {"items": {"patternProperties": {}}}}, "patternProperties"),
        ("wer", {"normalise": "much"}, "none"),
        ("bleu", {"tokenize": "flores200"}, "13a"),
    ],
)
def test_what_a_parameter_cannot_be_is_said(name, parameters, message) -> None:
    with pytest.raises(ValidationError, match=message):
        make(name, **parameters)


@pytest.mark.parametrize("name", ["token_f1", "rouge1", "bleu", "chrf", "ter", "wer", "contains"])
def test_what_is_no_text_is_said(name: str) -> None:
    with pytest.raises(MetricError, match="a text is wanted"):
        make(name).measure("text", 3)
    with pytest.raises(MetricError, match="not a text"):
        make(name).measure({"label": "a"}, "text")

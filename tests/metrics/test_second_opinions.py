"""Each metric is held to a second implementation or to a published example: by which test."""

from pathlib import Path

import pytest

from runner.metrics import all_metrics

_AVERAGES = [
    f"{kind}_{way}"
    for kind in ("f1", "precision", "recall")
    for way in ("macro", "micro", "weighted")
]
HELD_BY = {
    **dict.fromkeys(_AVERAGES, ["test_averages_are_those_of_scikit_learn"]),
    **dict.fromkeys(
        ["f1", "precision", "recall"], ["test_one_class_and_each_class_are_those_of_scikit_learn"]
    ),
    **dict.fromkeys(
        ["accuracy", "balanced_accuracy", "mcc"], ["test_agreement_is_that_of_scikit_learn"]
    ),
    "kappa": ["test_agreement_is_that_of_scikit_learn", "test_kappa_is_as_published"],
    **dict.fromkeys(
        ["roc_auc", "average_precision", "pr_auc", "log_loss", "brier"],
        ["test_metrics_of_scores_are_those_of_scikit_learn"],
    ),
    **dict.fromkeys(
        ["top_k_accuracy", "hit_rate"],
        [
            "test_metrics_of_scores_are_those_of_scikit_learn",
            "test_ranks_are_those_of_the_libraries",
        ],
    ),
    "ece": ["test_calibration_is_as_worked_by_hand", "test_calibration_is_as_by_numpy"],
    "mrr": ["test_mrr_is_as_published", "test_ranks_are_those_of_the_libraries"],
    "mean_rank": ["test_ranks_are_those_of_the_libraries"],
    "ndcg": ["test_ndcg_is_as_published", "test_ndcg_is_that_of_scikit_learn"],
    "recall_at_k": ["test_recall_is_what_sets_share"],
    **dict.fromkeys(
        ["mae", "rmse", "r2", "pearson"], ["test_it_is_that_of_the_libraries"]
    ),
    "spearman": ["test_it_is_that_of_the_libraries", "test_spearman_is_as_published"],
    **dict.fromkeys(
        ["entity_f1", "entity_precision", "entity_recall"],
        ["test_strict_is_that_of_seqeval", "test_every_match_is_that_of_nervaluate"],
    ),
    **dict.fromkeys(
        ["map", "map_50", "map_75"],
        ["test_map_is_as_published", "test_map_is_that_of_the_definition"],
    ),
    "token_f1": ["test_token_f1_is_as_the_squad_script_has_it"],
    "exact_match": [
        "test_exact_match_is_as_the_squad_script_has_it", "test_texts_are_as_python_has_them"
    ],
    **dict.fromkeys(
        ["rouge1", "rouge2", "rougeL", "rougeLsum"],
        ["test_rouge_is_as_published", "test_rouge_is_the_mean_of_the_packages_scores"],
    ),
    "bleu": ["test_bleu_is_as_published", "test_translation_is_sacrebleus_corpus_score"],
    "ter": ["test_ter_is_as_published", "test_translation_is_sacrebleus_corpus_score"],
    "chrf": ["test_translation_is_sacrebleus_corpus_score"],
    **dict.fromkeys(
        ["wer", "cer"],
        ["test_error_rates_are_those_of_jiwer", "test_error_rates_are_as_worked_by_hand"],
    ),
    "perplexity": ["test_perplexity_is_the_exponential_of_torchs_cross_entropy"],
    **dict.fromkeys(["contains", "regex", "length"], ["test_texts_are_as_python_has_them"]),
    "json_valid": ["test_json_is_as_the_rfc_has_it"],
    "json_schema": ["test_json_is_held_to_its_schema"],
}  # fmt: skip


def test_every_metric_has_a_second_opinion() -> None:
    assert {*HELD_BY} == {*all_metrics()}


@pytest.mark.parametrize("name", HELD_BY)
def test_the_tests_that_hold_it_are_there(name: str) -> None:
    written = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert [test for test in HELD_BY[name] if f"\ndef {test}(" not in written] == []

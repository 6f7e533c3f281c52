"""The model's card, with what was measured as hubs and leaderboards read it: ``model-index``."""

from collections.abc import Iterator

from huggingface_hub import EvalResult, ModelCardData

from runner.evaluated import EvaluationRecord
from runner.recipe.language.models import Recipe
from runner.report.contents import Contents
from runner.report.markdown import as_summary
from runner.text.secrets import masked
from runner.text.visible import visible

_ROWS_OF_THE_RECIPE = "rows of the recipe"


def as_card(contents: Contents, recipe: Recipe) -> str:
    """Write the card of a model: for who finds it without its run.

    No row of the data is in it.

    Args:
        contents: What the report on its run says.
        recipe: The recipe.

    Returns:
        Markdown with a front matter that ``huggingface_hub.ModelCard`` reads.
    """
    record = contents.record
    source = record.sources.get("model")
    kind = recipe.contract.pipeline_task or record.task
    results = list(_results(record.evaluation, kind)) if record.evaluation else []
    said = ModelCardData(
        license=(source.license if source else "") or None,
        tags=["mlflow", "transformers"],
        pipeline_tag=kind,
        model_name=record.recipe if results else None,
        eval_results=results or None,
    )
    text = as_summary(contents, recipe.description or "")
    return visible(masked(f"---\n{said.to_yaml()}\n---\n\n{text}"))


def _results(found: EvaluationRecord, kind: str) -> Iterator[EvalResult]:
    name = found.data.name or _ROWS_OF_THE_RECIPE
    for score in found.scores:
        if score.value is not None:
            ends = {"rows": score.rows, "low": score.low, "high": score.high}
            yield EvalResult(
                task_type=kind,
                dataset_type=name,
                dataset_name=name,
                dataset_revision=found.data.sha256,
                metric_type=score.name.partition(".")[0],
                metric_name=score.name,
                metric_value=score.value,
                metric_args={key: value for key, value in ends.items() if value is not None},
            )

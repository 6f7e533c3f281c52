"""What a model and the figures on it are made of."""

from collections.abc import Iterator

from runner.recipe.language.models import Recipe
from runner.records import RunRecord
from runner.text.wording import size


def provenance(record: RunRecord, recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Give it, by what it is called; what is not known is left out.

    Args:
        record: What the run did.
        recipe: The recipe.
    """
    said = {
        "recipe": record.recipe,
        "point": record.point,
        "overrides": " ".join(record.overrides),
        "digest of the recipe": record.digest,
        "task": record.task,
        "started": record.started,
        "model": record.model,
        "size of the model": size(record.model_bytes) if record.model_bytes else "",
        "weights": _weights(record),
        **dict(_sources(record)),
        **dict(_data(record, recipe)),
        **{f"version of {name}": version for name, version in record.versions.items()},
    }
    yield from ((name, value) for name, value in said.items() if value)


def _weights(record: RunRecord) -> str:
    if not record.parameters:
        return record.dtype
    return f"{record.parameters:,} parameters, {record.dtype}, {size(record.weight_bytes)}"


def _sources(record: RunRecord) -> Iterator[tuple[str, str]]:
    for part, source in record.sources.items():
        commit = f" at {source.commit}" if source.commit else ""
        license_ = f", licence {source.license}" if source.license else ""
        yield f"source of {part}", f"{source.kind}: {source.name}{commit}{license_}"


def _data(record: RunRecord, recipe: Recipe) -> Iterator[tuple[str, str]]:
    found, block = record.evaluation, recipe.evaluation.dataset
    if found is None or block is None:
        return
    yield "dataset", found.data.name or "rows of the recipe"
    yield "SHA-256 of the dataset", found.data.sha256
    times = f", each asked {found.data.repeat} times" if found.data.repeat > 1 else ""
    yield (
        "rows",
        f"{found.data.rows:,}, {found.data.inferred:,} of them inferred in this run{times}",
    )
    chosen = {"where": block.where, "sample": block.sample, "limit": block.limit}
    yield "choice of rows", ", ".join(f"{k}: {v}" for k, v in chosen.items() if v is not None)
    yield "seed", str(recipe.evaluation.seed)

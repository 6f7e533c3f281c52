"""The model's bill of materials: what it is, of what, and what it measured, for inventories.

Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from runner.records import RunRecord, SourceRecord
from runner.text.visible import in_json

_SPACE = uuid.UUID("7f1b0d5c-5f8e-4a52-9d2f-0f3c9b1f7a11")
"""Of the serial numbers: the same run has the same one."""


def as_bom(record: RunRecord) -> str:
    """Write the bill of materials of a model.

    Args:
        record: What its run did.

    Returns:
        JSON of CycloneDX 1.6: the model as the main component, with a hash of every file; the
        sources of its parts as its pedigree, and the packages that it asks for.
    """
    packages = list(_packages(record.requirements))
    model = _model(record)
    refs = [package["bom-ref"] for package in packages]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, f'{record.digest} {record.checksums}')}",
        "version": 1,
        "metadata": {
            "timestamp": record.started,
            "tools": {"components": [_tool(record)]},
            "component": model,
        },
        "components": packages,
        "dependencies": [{"ref": model["bom-ref"], "dependsOn": refs}],
    }
    return in_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _model(record: RunRecord) -> dict[str, Any]:
    source = record.sources.get("model")
    licence = source.license if source else ""
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": record.recipe,
        "version": record.digest[:12],
        **({"licenses": [{"license": {"name": licence}}]} if licence else {}),
        "components": [
            {
                "type": "file",
                "bom-ref": f"file:{name}",
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": content}],
            }
            for name, content in record.checksums.items()
        ],
        "pedigree": {"ancestors": [_ancestor(*part) for part in record.sources.items()]},
        "modelCard": {
            "modelParameters": {"task": record.task},
            "quantitativeAnalysis": {"performanceMetrics": list(_metrics(record))},
        },
        "properties": [
            {"name": f"recipe-runner:{name}", "value": value}
            for name, value in _properties(record).items()
        ],
    }


def _properties(record: RunRecord) -> dict[str, str]:
    said = {
        "point": record.point,
        "digest": record.digest,
        "verdict": record.verdict.value,
        "dtype": record.dtype,
        "parameters": str(record.parameters or ""),
    }
    return {name: value for name, value in said.items() if value}


def _ancestor(part: str, source: SourceRecord) -> dict[str, Any]:
    return {
        "type": "machine-learning-model" if part == "model" else "data",
        "name": source.name,
        **({"version": source.commit} if source.commit else {}),
        "description": f"{part}, of kind {source.kind}",
    }


def _metrics(record: RunRecord) -> Iterator[dict[str, Any]]:
    for name, value in record.metrics.items():
        yield {"type": name, "value": str(value)}
    for score in record.evaluation.scores if record.evaluation else ():
        if score.value is None:
            continue
        metric: dict[str, Any] = {"type": score.name, "value": str(score.value)}
        if score.low is not None and score.high is not None:
            bounds = {"lowerBound": str(score.low), "upperBound": str(score.high)}
            metric["confidenceInterval"] = bounds
        yield metric


def _packages(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:  # a file or an option of pip
            continue
        pinned = [one.version for one in wanted.specifier if one.operator == "=="]
        purl = f"pkg:pypi/{wanted.name.lower()}" + (f"@{pinned[0]}" if pinned else "")
        version = {"version": pinned[0]} if pinned else {}
        yield {"type": "library", "bom-ref": purl, "name": wanted.name, **version, "purl": purl}


def _tool(record: RunRecord) -> dict[str, str]:
    return {
        "type": "application",
        "name": "recipe-runner",
        "version": record.versions.get("runner", ""),
    }

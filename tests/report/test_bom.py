"""The bill of materials says what the record says, in the words of CycloneDX 1.6."""

import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from runner.evaluated import DataRecord, EvaluationRecord, ScoreRecord
from runner.records import RunRecord, SourceRecord
from runner.report.bom import as_bom

RECORD = RunRecord(
    recipe="mine",
    task="fill-mask",
    point="default",
    digest="a" * 64,
    inputs=[],
    dtype="float16",
    sources={
        "model": SourceRecord(kind="hub", name="org/m", commit="c" * 40, license="mit"),
        "tokenizer": SourceRecord(kind="local", name="\x1b[31m"),
    },
    checksums={"MLmodel": "0" * 64, "model/model.safetensors": "1" * 64},
    requirements=["torch==2.13.0", "numpy", "-r more.txt"],
    metrics={"agreement": 1.0},
    evaluation=EvaluationRecord(
        data=DataRecord(name="rows", sha256="0" * 64, rows=2, inferred=2),
        scores=[
            ScoreRecord(name="accuracy", value=0.5, low=0.25, high=0.75, rows=2),
            ScoreRecord(name="f1_macro", value=None, rows=2),
        ],
    ),
    versions={"runner": "1"},
)


def test_a_bill_of_materials_has_files_sources_packages_and_what_was_measured() -> None:
    bom = json.loads(as_bom(RECORD))
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    model = bom["metadata"]["component"]
    assert (model["type"], model["name"]) == ("machine-learning-model", "mine")
    hashes = {file["name"]: file["hashes"] for file in model["components"]}
    assert hashes["model/model.safetensors"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert model["licenses"] == [{"license": {"name": "mit"}}]
    ancestors = model["pedigree"]["ancestors"]
    assert (ancestors[0]["name"], ancestors[0]["version"]) == ("org/m", "c" * 40)
    purls = [one["purl"] for one in bom["components"]]
    assert purls == ["pkg:pypi/torch@2.13.0", "pkg:pypi/numpy"]
    assert bom["dependencies"] == [{"ref": "model", "dependsOn": purls}]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert metrics == [
        {"type": "agreement", "value": "1.0"},
        {
            "type": "accuracy",
            "value": "0.5",
            "confidenceInterval": {"lowerBound": "0.25", "upperBound": "0.75"},
        },
    ]
    assert "\x1b" not in as_bom(RECORD)
    assert as_bom(RECORD) == as_bom(RECORD)
    changed = RECORD.model_copy(update={"checksums": {"MLmodel": "2" * 64}})
    assert json.loads(as_bom(changed))["serialNumber"] != bom["serialNumber"]


def test_a_bill_of_materials_is_one_by_the_schema() -> None:
    bare = RunRecord(recipe="a", task="b", point="c", digest="d", checksums={"MLmodel": "0" * 64})
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(as_bom(bare).replace("SHA-256", "SHA-0")) is not None
    assert [validator.validate_str(as_bom(one)) for one in (RECORD, bare)] == [None, None]

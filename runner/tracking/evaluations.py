"""An evaluation on data in MLflow, as its users expect it: dataset, metrics, table of rows."""

import json
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag

from runner.evaluated import EvaluationRecord
from runner.text.secrets import masked

_DIGITS = 8
_LONGEST = 250


def log_evaluation(
    client: MlflowClient, run_id: str, model_id: str, evaluation: EvaluationRecord
) -> None:
    """Log what an evaluation found: its rows as an input, its metrics, and the table of all rows.

    Args:
        client: Of the server.
        run_id: The run.
        model_id: The logged model.
        evaluation: What was found.
    """
    data = evaluation.data
    name, digest = Path(data.name or "rows").name, data.sha256[:_DIGITS]
    dataset = Dataset(
        name=name,
        digest=digest,
        source_type="local" if data.name else "code",
        source=json.dumps({"uri": masked(data.name)}),
        profile=json.dumps({"num_rows": data.rows}),
    )
    tags = [InputTag("mlflow.data.context", "evaluation")]
    client.log_inputs(run_id, [DatasetInput(dataset, tags)])
    for key, value in evaluation.numbers.items():
        client.log_metric(
            run_id,
            key_of(key),
            value,
            model_id=model_id,
            dataset_name=name,
            dataset_digest=digest,
        )
    for gate in evaluation.gates:
        client.set_tag(run_id, f"gate.{key_of(gate.name)}", f"{gate.verdict} ({gate.condition})")
    client.log_artifact(run_id, evaluation.table)


def key_of(name: str) -> str:
    """Give the name of a metric with the characters that MLflow allows in it.

    Args:
        name: The name.
    """
    kept = "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)
    return kept[:_LONGEST]

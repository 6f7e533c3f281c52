"""``kind: mlflow``, and where the files of an MLflow model are."""

from runner.sources.mlflow.source import MlflowSource

__all__ = ["MlflowSource"]

"""What is used of MLflow beyond what it documents. Seen in MLflow 3.17.0 to 3.17.2."""

from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

__all__ = ["INVALID_PARAMETER_VALUE"]

"""What a user writes today to save without MLflow guessing: everything it asks for is given."""

import sys
import tempfile

import mlflow.transformers
from mlflow.models import infer_signature
from transformers import pipeline

mlflow.transformers.save_model(
    pipeline("text-generation", model=sys.argv[1]),
    path=tempfile.mkdtemp(dir=".", prefix="plain-"),
    signature=infer_signature("text", "text"),
    pip_requirements=["mlflow", "torch", "transformers"],
)

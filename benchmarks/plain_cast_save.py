"""What a user writes today to keep a checkpoint in another dtype: load, cast, save."""

import sys
import tempfile

import mlflow.transformers
import torch
from mlflow.models import infer_signature
from transformers import pipeline

model = pipeline("text-generation", model=sys.argv[1])
model.model = model.model.to(torch.bfloat16)
mlflow.transformers.save_model(
    model,
    path=tempfile.mkdtemp(dir=".", prefix="plain-"),
    torch_dtype=torch.bfloat16,
    signature=infer_signature("text", "text"),
    pip_requirements=["mlflow", "torch", "transformers"],
)

"""One YAML recipe in, one proven MLflow ``transformers`` model out."""

__version__ = "0.1.0"

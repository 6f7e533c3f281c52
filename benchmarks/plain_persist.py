"""What a user writes today to put the weights into a model that references them."""

import sys

import mlflow

mlflow.transformers.persist_pretrained_model(sys.argv[1])

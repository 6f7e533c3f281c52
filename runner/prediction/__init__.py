"""Batch prediction: a file of rows through any MLflow model, and a file of answers out."""

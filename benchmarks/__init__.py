"""Measurements against plain MLflow scripts that do the same job, in the same run."""

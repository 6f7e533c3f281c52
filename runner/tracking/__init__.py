"""Tracking: what a run found, in MLflow as its users expect it."""

"""Tracking: what a run found, in MLflow as its users expect it."""

NOTE = ".logging.json"
"""The file in the folder of a point that names the attempts to log it which no record tells of."""

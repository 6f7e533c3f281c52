"""From a checkpoint to a saved MLflow model: load, sign, save."""

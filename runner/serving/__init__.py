"""A packaged model behind HTTP: MLflow's own requests, and OpenAI's where it speaks a protocol."""

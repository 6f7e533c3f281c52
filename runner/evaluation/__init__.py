"""The proof by inference: load the saved model back, run it, and check what it gives."""

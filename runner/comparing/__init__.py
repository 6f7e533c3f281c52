"""Runs side by side: what varied, what came of it, and which one may be shipped."""

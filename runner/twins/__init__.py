"""Twins: checkpoints of the same architecture, small and random, to rehearse a recipe on."""

"""Sweeps: the points of one recipe, all checked before the first one runs."""

"""Launching: the points of a sweep run here, in other processes, or on a cluster."""

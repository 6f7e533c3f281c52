"""Sweep files: read, put into points, and judged with every point composed."""

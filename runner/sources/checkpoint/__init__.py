"""A checkpoint folder: its files, their headers, what of it is safe to read, its licence."""

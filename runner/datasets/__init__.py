"""Labelled rows: a format, a file; read as a stream, with the place of what is wrong."""

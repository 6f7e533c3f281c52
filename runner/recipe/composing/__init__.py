"""Composing: the values of files and command line put together, each with its origin."""

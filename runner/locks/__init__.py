"""Locks: what a recipe stood for when it was locked, and what is no longer so."""

"""The recipe language: what may be said, how it is composed, and what is wrong with it."""

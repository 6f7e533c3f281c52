"""Review: what changes, for those who call the models, between two states of the recipes."""

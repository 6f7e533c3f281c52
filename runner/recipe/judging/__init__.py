"""Judging: composed values into a recipe, or into everything that is wrong with them."""

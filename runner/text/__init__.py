"""Texts: secrets taken out, marks made visible, numbers and names as people read them."""

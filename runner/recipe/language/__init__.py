"""The recipe language: what may be said, as pydantic models, and what is known of them."""

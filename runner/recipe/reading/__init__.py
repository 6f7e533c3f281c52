"""Reading: where recipes lie, and one file of YAML into plain values with their places."""

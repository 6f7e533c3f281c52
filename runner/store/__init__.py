"""The store of an output folder: what is made once and serves every point in it."""

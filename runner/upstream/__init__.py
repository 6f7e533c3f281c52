"""The private side of other projects that we use, behind names of ours."""

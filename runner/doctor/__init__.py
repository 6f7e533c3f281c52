"""What on this machine would stop a run, and what to do about it."""

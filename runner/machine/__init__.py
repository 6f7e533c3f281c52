"""The machine: its memory, its processes and signals, the programs and libraries that are on it."""

"""A check, a file: each defines ``check(needs)``, which yields what it found."""

"""What runs have left: found, listed, compared, promoted, cleaned away."""

"""What a number measured on some rows says: intervals, and comparisons row by row."""

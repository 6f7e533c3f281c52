"""The report on a run, for people: what its record and its table of rows hold, on one page."""

"""Files that are whole, locked or gone: everything the runner writes passes here."""

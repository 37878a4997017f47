"""Tables beside tables: reading the truth, and finding the cells that differ."""

"""The season as a stretched horizon: what the same weeks a year before brought, beside what was expected."""

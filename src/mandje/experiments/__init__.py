"""Fair tests: who is in which variant, and what may be said of the difference, at any night's look."""

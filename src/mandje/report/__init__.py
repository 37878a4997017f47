"""The morning report: one page that says what changed, and whether to believe it."""

"""Tonight's figures beside the past: what a night must be held for."""

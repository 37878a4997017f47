"""A web shop whose truth is known: exports like a shop's own, and what each figure of them really is."""

"""Tonight's lists: the month's forms on all that is known, with what must not be offered left out."""

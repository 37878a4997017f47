"""How good forecasts would have been: forms and baselines at days of the past; the month's choice."""

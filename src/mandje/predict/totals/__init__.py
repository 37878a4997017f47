"""The shop's totals: what all customers of tonight are expected to order and to spend, and how sure that is."""

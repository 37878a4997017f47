"""The shop's totals: what all customers are expected to order and to spend, and how sure that is."""

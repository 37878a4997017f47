"""Who the customers of a simulated shop are, and what they buy and when."""

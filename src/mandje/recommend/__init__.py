"""What to offer whom: products for a person and beside a basket, in the form that was best on the past."""

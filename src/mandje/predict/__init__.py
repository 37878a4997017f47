"""What customers will do: inputs from the warehouse, models, scores, back-tests."""

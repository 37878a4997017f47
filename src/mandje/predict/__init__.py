"""What customers will do: inputs from the warehouse, models, closed forms, scores."""

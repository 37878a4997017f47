"""What the stage `predict` does: forecasts, experiments, recommendations."""

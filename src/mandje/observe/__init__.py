"""What is known about the nights themselves: records of stages, checks of sets, the closing screen."""

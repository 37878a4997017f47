"""What happens to a simulated shop's orders after they are placed: they are paid for and sent."""

"""What a simulated shop says to its customers and hears from them."""

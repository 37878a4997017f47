"""What lies in `exports/`: deliveries, their hashes, and what of them cannot be read."""

"""What is broken on purpose in rows of files and in deliveries, and the outcome that each must have."""

"""What is true of visits: whose sessions, which channels, which carts, which steps."""

"""What is kept of deliveries: partitions, the staging area, the quarantine; and the key that seals it."""

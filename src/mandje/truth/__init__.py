"""Published snapshots beside the written truth of a simulated shop: what was counted, what is expected."""

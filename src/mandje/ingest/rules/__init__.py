"""Which rows are rejected and which deliveries refused, and why."""

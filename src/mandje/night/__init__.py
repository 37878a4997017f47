"""The night: its stages, what the gate judges by, and how a night is taken away again."""

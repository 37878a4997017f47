"""A shop's folder and settings."""

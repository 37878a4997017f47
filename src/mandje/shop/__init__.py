"""A shop's folder and settings, and which night a run is for."""

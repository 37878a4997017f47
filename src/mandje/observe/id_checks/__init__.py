"""What ids of all loaded rows tell: one id for two things, or for too many."""

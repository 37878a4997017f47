"""How customers order and spend: the models, their fits, and what follows from their parameters."""

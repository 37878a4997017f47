"""What recommendations are made from: purchases, what is offered where, and what is withheld from whom."""

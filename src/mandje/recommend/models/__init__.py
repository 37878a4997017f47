"""How products are scored for a person or a basket: five forms, from best sellers to a blend."""

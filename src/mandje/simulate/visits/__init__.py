"""Who comes to the sites and what they do there: visits, their events, carts, and what was paid for them."""

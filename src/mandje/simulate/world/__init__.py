"""What a simulated shop is: sites, clocks, chance, what it sells, and what money is worth."""

"""What customers of a simulated shop like: tastes, products that go together, things used up."""

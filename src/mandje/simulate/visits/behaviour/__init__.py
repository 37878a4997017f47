"""What visitors do: plans of visits, and the steps, times and pages of each."""

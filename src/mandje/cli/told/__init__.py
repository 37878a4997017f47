"""What those are told who are not at the terminal: schedulers, people, and what watches machines."""

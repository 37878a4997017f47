"""What makes customers of a simulated shop act: messages, mails about carts, experiments."""

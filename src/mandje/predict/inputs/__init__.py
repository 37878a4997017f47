"""What is known of customers: histories and money, read from the warehouse; and whether it is enough."""

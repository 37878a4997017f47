"""What is sold, sent back and corrected, as it is delivered and as it is in truth."""

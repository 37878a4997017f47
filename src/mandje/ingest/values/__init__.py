"""Text to typed values: times, money, ids; e-mail addresses become hashes."""

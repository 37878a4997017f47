"""The machine and its files: room, permissions, own files, texts in SQL and CSV."""

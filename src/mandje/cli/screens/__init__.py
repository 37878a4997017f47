"""What commands show to a person: tables, lines and words."""

"""What a reader of the database file finds by itself: views, short names, descriptions, what it is about."""

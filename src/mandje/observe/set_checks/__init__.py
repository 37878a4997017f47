"""Great Expectations on the loaded sets, once per feed and night."""

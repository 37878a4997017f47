"""What each feed and each source table must look like: data, not code."""

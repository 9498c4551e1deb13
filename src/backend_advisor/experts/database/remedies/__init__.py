"""What can be done about a slow query: candidate indexes, rewrites, and the search for the set that pays."""

"""The performance expert."""

"""The quality expert."""

"""The operations expert."""

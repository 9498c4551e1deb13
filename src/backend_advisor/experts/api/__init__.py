"""The api expert."""

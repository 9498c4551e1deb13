"""The security expert."""

"""Reading source code of every language as one model: parsing, linking, and following values through it."""

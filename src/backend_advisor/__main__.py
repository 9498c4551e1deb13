"""`python -m backend_advisor` is the `advisor` command."""

from backend_advisor.cli import main

if __name__ == "__main__":
    main()

"""Print every problem of the knowledge; exit status 1 when something must be mended."""

import sys

from backend_advisor.knowledge import problems


def main() -> int:
    """Check the package's own data."""
    found = problems()
    for problem in found:
        sys.stdout.write(f"{'note: ' if problem.minor else ''}{problem}\n")
    return 1 if any(not problem.minor for problem in found) else 0


sys.exit(main())

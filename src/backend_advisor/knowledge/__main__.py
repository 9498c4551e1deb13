"""Check the package's own data, or make what a built package carries.

python -m backend_advisor.knowledge            every problem; exit status 1 when something must be mended
python -m backend_advisor.knowledge compiled   compile the library into the package, which saves its users some seconds
python -m backend_advisor.knowledge vectors    embed the pages for the `[semantic]` extra
"""

import sys

from backend_advisor.knowledge import ROOT, load, problems, ship


def main(arguments: list[str]) -> int:
    """Check, or make what is named."""
    if arguments == ["compiled"]:
        sys.stdout.write(f"{ship()}\n")
        return 0
    if arguments == ["vectors"]:
        from backend_advisor.knowledge import semantic

        count = semantic.ship(list(load().playbooks.values()))
        sys.stdout.write(f"{count} vectors\n")
        return 0
    if arguments == ["coverage"]:
        from backend_advisor.knowledge.coverage import coverage_markdown, read_coverage

        sys.stdout.write(coverage_markdown(read_coverage(ROOT), load().playbooks))
        return 0
    found = problems()
    for problem in found:
        sys.stdout.write(f"{'note: ' if problem.minor else ''}{problem}\n")
    return 1 if any(not problem.minor for problem in found) else 0


sys.exit(main(sys.argv[1:]))

"""One line for each finding, for editors and `grep`."""

from backend_advisor.model import Report
from backend_advisor.report.places import findings_by_place, place
from backend_advisor.report.style import Style


def render(report: Report, _style: Style) -> str:
    """`path:line:column: CODE message`, in the order of files and lines; then general advice."""
    lines = (f"{place(f.location)}: {f.code} {f.message}" for f in findings_by_place(report.findings))
    general = (f"{' '.join(advice.codes)} {advice.title}" for advice in report.advice if not advice.findings)
    return "".join(f"{' '.join(line.split())}\n" for line in (*lines, *general))

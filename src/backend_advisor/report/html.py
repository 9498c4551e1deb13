"""One self-contained HTML page: no request leaves it, no script runs in it, everything quoted is escaped."""

from functools import cache

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from backend_advisor import quantities as figures
from backend_advisor.model import Report
from backend_advisor.report import proofs
from backend_advisor.report.computed import computed_lines
from backend_advisor.report.decisions import decision_lines
from backend_advisor.report.facts import fact_line
from backend_advisor.report.json_format import escape_controls
from backend_advisor.report.overview import in_short
from backend_advisor.report.places import artifacts_by_name, asks_back, place, source_lines, subject
from backend_advisor.report.plan_tree import plan_lines
from backend_advisor.report.sources import source_line
from backend_advisor.report.style import Style

_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render(report: Report, style: Style) -> str:
    """The whole report; what is long is folded."""
    named = artifacts_by_name(report.case)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            style=style,
            say=style.say,
            figures=figures,
            proofs=proofs,
            leading=proofs.leading_proof(report),
            place=place,
            source_line=source_line,
            decision_text=lambda decision: "\n".join(decision_lines(decision, style)).replace("\n- ", "\n\n- ", 1),
            computed_lines=lambda one: list(computed_lines(one, style)),
            fact_line=lambda fact: fact_line(fact, style),
            plan_lines=plan_lines,
            code_lines=lambda location: source_lines(location, named, around=1)[:12],
            asks_back=asks_back(report),
            in_short=list(in_short(report)),
            subject=lambda referral: subject(referral, style),
            address=_address,
            data=Markup(_embedded(report)),  # noqa: S704 - escaped for a script element
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("backend_advisor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = _markdown
    environment.filters["inline"] = _inline
    return environment


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def _markdown(text: str) -> Markup:
    return Markup(_parser().render(text))  # noqa: S704 - raw HTML is off in the parser


def _inline(text: str) -> Markup:
    return Markup(_parser().renderInline(text))  # noqa: S704 - raw HTML is off in the parser


def _address(url: str) -> str | None:
    """An address that may be linked to."""
    return url if url.startswith(("https://", "http://")) else None


def _embedded(report: Report) -> str:
    encoded = msgspec.json.encode(report, order="deterministic").decode()
    return escape_controls(encoded).translate(_IN_SCRIPT)

"""Templates that print something as it is, apart from what flows into them through the code."""

import re
from collections.abc import Iterator
from pathlib import PurePath

from backend_advisor.code.template_languages import Output, Template
from backend_advisor.code.values import words
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.secret_texts import is_example

_TEXT = re.compile(
    r"(?:^|_|(?-i:(?<=[a-z0-9])(?=[A-Z])))(?:title|(?:user|nick|first|last|full|display|real|author|customer|company)_?name|name|e?mail|subject|"
    r"comment|bio|address|phone|search_?term|query|keyword|review|nickname)$",
    re.IGNORECASE,
)
"""Fields that hold what somebody wrote as plain text, so that there is no reason to print them as HTML."""
_VAGUE = re.compile(r"(?:^|_|(?-i:(?<=[a-z0-9])(?=[A-Z])))(?:title|name|subject|address|query|keyword)$", re.IGNORECASE)
_PERSONAL = re.compile(r"(?i)(?:user|nick|first|last|full|display|real|author|customer|company)_?name$")
_OF_PEOPLE = re.compile(
    r"(?i)(?:user|member|account|customer|person|author|profile|contact|client|guest|student|employee|comment|post|message)s?$"
)
"""What somebody else wrote of themselves or sent; most other names are chosen by those who run the program."""
_ESCAPES_NOTHING = (".jsp", ".jspf", ".tag", ".vm", ".ftl")
"""Templates that print every value as it is, so that doing so tells of no intent."""
_MOST = 12
_NO_PAGE = re.compile(r"(?:^|[-_.])(?:text|txt|plain|subject|sms)(?:$|[-_.])|\.(?:txt|java|xml|sql|md)$", re.IGNORECASE)
_GENERATES = frozenset({".vm", ".ftl"})
"""Engines that fill mails and source files as often as pages."""
_WEB = re.compile(r"^aiohttp_jinja2\.|^nunjucks\.configure$|^swig|^flask\.|^jinja2\.templating|^starlette\.")


@detects_in_code("SEC213")
def read_by_the_template(context: CodeContext) -> Iterator[Match]:
    """Templates that read the request themselves and print it as it is."""
    handed = frozenset[tuple[str, str]]().union(*(one.handed for one in context.program.templates.all))
    for template in context.program.templates.all:
        told: set[tuple[str, ...]] = set()
        for output in template.outputs:
            if output.direct and not _is_handed(template, output, handed):
                again = output.path in told  # what a page prints in several places is escaped in all of them
                told.add(output.path)
                yield Match(
                    location=context.places.location(template.path, output.start, output.end),
                    values={
                        "source": ".".join(output.path),
                        "call": template.path.rpartition("/")[2],
                        "sink": "html.text",
                    },
                    confidence=Confidence.LOW if again else None,
                )


def _is_handed(template: Template, output: Output, handed: frozenset[tuple[str, str]]) -> bool:
    """Whether the pages that include it give the parameter, so that it is not the client's."""
    name = template.path.rpartition("/")[2]
    return output.path[0] == "param" and len(output.path) > 1 and (name, output.path[1]) in handed


@detects_in_code("SEC233")
def printed_as_it_is(context: CodeContext) -> Iterator[Match]:
    """Engines set up without escaping, and templates that print fields of plain text as HTML."""
    for call in context.seen.performing("template.configure"):
        known = words(call.properties["autoescape"]) if "autoescape" in call.properties else None
        if known == ("false",):
            yield Match(
                location=context.location(call.unit, call.node),
                values={"output": "autoescape=False"},
                confidence=None if _WEB.match(call.role.name) else Confidence.LOW,
            )
    if not context.program.templates.escapes:
        return  # one switch to mend, not each of the places
    yield from worst_first_told(
        (
            (1, _told(context, template, output))
            for template in context.program.templates.all
            for output in _plain(template)
        ),
        _MOST,
    )


def _plain(template: Template) -> list[Output]:
    """The first field of plain text that a template of a page prints as it is."""
    name = PurePath(template.path)
    if (
        template.is_text
        or is_example(template.path)
        or _NO_PAGE.search(name.stem)
        or (name.suffix in _GENERATES and not template.path.endswith((".html.vm", ".html.ftl")))
    ):
        return []
    fields = [
        one
        for one in template.outputs
        if len(one.path) > 1
        and not one.direct
        and _TEXT.search(one.path[-1])
        and not (one.path[-2] == "class" or one.path[-1].isupper())
    ]
    return sorted(fields, key=lambda one: _is_vague(template, one))[:1]


def _is_vague(template: Template, output: Output) -> bool:
    """Whether a field with a common name is one of something that is nobody's text: a role, a part of a menu."""
    holder = next((one for one in reversed(output.path[:-1]) if one != "*"), "")
    return (
        template.path.endswith(_ESCAPES_NOTHING)
        and _VAGUE.search(output.path[-1]) is not None
        and _PERSONAL.search(output.path[-1]) is None
        and _OF_PEOPLE.search(holder) is None
    )


def _told(context: CodeContext, template: Template, output: Output) -> Match:
    location = context.places.location(template.path, output.start, output.end)
    return Match(
        location=location,
        values={"output": location.excerpt or ".".join(output.path)},
        confidence=Confidence.LOW if _is_vague(template, output) else None,
    )

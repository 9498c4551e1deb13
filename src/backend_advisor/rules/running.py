"""Running an expert's detectors over what was read of the source code of a case."""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from itertools import chain

from backend_advisor.code.files import is_test
from backend_advisor.code.reading import Reading, read_code
from backend_advisor.cores import collector_paused
from backend_advisor.knowledge import Knowledge
from backend_advisor.knowledge.detection import Failures, Match, finding
from backend_advisor.knowledge.playbook import Playbook
from backend_advisor.model import Artifact, ExpertName, Finding, Language, Step, Unread
from backend_advisor.phrases import fill, phrase
from backend_advisor.rules.ahead import found_ahead
from backend_advisor.rules.declared import declared_matches
from backend_advisor.rules.examination import CodeExamination
from backend_advisor.rules.meant import as_it_stands
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, CodeDetector, code_detectors, load_detectors
from backend_advisor.rules.standing import is_copied

_PACKAGE = __package__ or ""


@collector_paused()
def examined(
    artifacts: tuple[Artifact, ...], language: Language, knowledge: Knowledge, expert: ExpertName, detectors: str
) -> CodeExamination:
    """Every finding of an expert's rules in these artifacts, which are source code."""
    load_detectors(import_module(detectors))
    reading = read_code(artifacts)
    places = Places(reading.artifacts)
    found: list[Finding] = []
    failures = Failures()
    told: set[object] = set()
    for analysis in reading.analyses:
        for playbook, match in matches(CodeContext(analysis, places), knowledge, expert, failures):
            path = places.path_of(match.location.artifact)
            unit = analysis.program.units.get(path)
            place = (playbook.code, _place(match))  # a template stands beside the code of every language
            if place not in told and not is_test(path) and (unit is None or not is_copied(unit)):
                told.add(place)
                found.append(_told(playbook, match, language))
    unread = tuple(
        _unread(reading, places, path, kind, offset, language) for (path, kind), offset in reading.left_out.items()
    )
    return CodeExamination(findings=tuple(found), unread=unread + failures.unread(language))


def _unread(reading: Reading, places: Places, path: str, kind: str, offset: int, language: Language) -> Unread:
    reason = phrase(_PACKAGE, language, f"unread_{kind}", line=places.line_of(path, offset))
    return Unread(name=reading.artifacts[path].name, reason=reason)


def matches(
    context: CodeContext, knowledge: Knowledge, expert: ExpertName, failures: Failures
) -> Iterator[tuple[Playbook, Match]]:
    """Every match of an expert's rules in one analysis, each place once for a playbook; rules that fail are noted."""
    detectors = code_detectors()
    for playbook in knowledge.rules(expert, detectors):
        found = _matches(context, playbook, detectors.get(playbook.code))
        yield from ((playbook, match) for match in failures.noting(playbook.code, found))


def _matches(context: CodeContext, playbook: Playbook, detector: CodeDetector | None) -> Iterator[Match]:
    told: set[object] = set()
    declared = (match for one in playbook.detects for match in declared_matches(one, context))
    found = found_ahead(context, playbook.code)
    if found is None:
        found = detector(context) if detector is not None else ()
    for match in chain(declared, found):
        if _place(match) not in told:
            told.add(_place(match))
            unit = context.program.units.get(context.places.path_of(match.location.artifact))
            yield as_it_stands(match, playbook, unit, context.places) if unit is not None else match


def _place(match: Match) -> object:
    return (match.location.artifact, match.location.span)


def _told(playbook: Playbook, match: Match, language: Language) -> Finding:
    own = playbook.pages[language].steps
    steps = tuple(
        Step(
            location=place,
            text=fill(own[key], match.values)
            if key in own
            else phrase(_PACKAGE, language, key, text=place.excerpt or ""),
        )
        for place, key in match.steps
    )
    plain = Match(
        location=match.location,
        values=match.values,
        confidence=match.confidence,
        severity=match.severity,
        strength=match.strength,
        edits=match.edits,
        applicability=match.applicability,
    )
    made = finding(playbook, plain, language)
    return made if not steps else _with_steps(made, steps)


def _with_steps(made: Finding, steps: tuple[Step, ...]) -> Finding:
    return replace(made, steps=steps)

"""Examining the source code of a case, or remembering what was found when it was the same."""

from dataclasses import dataclass

from backend_advisor.code.reading import source_code
from backend_advisor.knowledge import Knowledge
from backend_advisor.model import Case, ExpertName, Finding, Unread
from backend_advisor.rules.remembered import kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeExamination:
    """What an expert found in source code, and what could not be read of it."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()


def examine_code(case: Case, knowledge: Knowledge, expert: ExpertName, detectors: str) -> CodeExamination:
    """The findings of one expert in the case's source code, and what could not be read of it.

    `detectors` names the package of its rules, which is loaded unless the result is known.
    """
    artifacts = source_code(case.artifacts)
    if not artifacts:
        return CodeExamination()

    def found() -> CodeExamination:
        from backend_advisor.rules.running import examined  # reading code is most of the start-up time

        return examined(artifacts, case.language, knowledge, expert, detectors)

    return kept(f"{expert} {case.language}", artifacts, CodeExamination, found)

"""Places in manifests."""

from backend_advisor.experts.operations.dockerfiles import Instruction
from backend_advisor.model import Artifact, Location, Span
from backend_advisor.rules.lines import Seen, at, together

_LONGEST = 120


def on(artifact: Artifact, instruction: Instruction) -> Location:
    """Where an instruction of a Dockerfile begins."""
    indent = len(instruction.text) - len(instruction.text.lstrip())
    span = Span(
        line=instruction.line,
        column=indent + 1,
        end_line=instruction.line,
        end_column=len(instruction.text) + 1,
    )
    return Location(artifact=artifact.name, span=span, excerpt=" ".join(instruction.text.split())[:_LONGEST])


__all__ = ["Seen", "at", "on", "together"]

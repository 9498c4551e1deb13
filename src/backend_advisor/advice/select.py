"""Which pages of knowledge belong in an answer besides what was found and proved."""

from collections.abc import Sequence

from backend_advisor.knowledge import Hit
from backend_advisor.model import Finding, Proof

ALONE = 3
BESIDE_EVIDENCE = 1
GUESSED = 2
NEAR = 0.6
"""A further page is worth reading when it fits at least this share as well as the best one."""


def relevant(
    hits: Sequence[Hit], findings: Sequence[Finding], proofs: Sequence[Proof], *, vague: bool = False
) -> tuple[Hit, ...]:
    """The confident hits that stand near the best one; fewer where the case itself has spoken, or says little."""
    confident = [hit for hit in hits if hit.confident]
    if not confident:
        return ()
    best = confident[0].score
    near = [hit for hit in confident if hit.score >= NEAR * best]
    if findings or any(proof.holds for proof in proofs):
        return tuple(near[:BESIDE_EVIDENCE])
    return tuple(near[: GUESSED if vague else ALONE])

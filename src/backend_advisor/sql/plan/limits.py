"""How large a plan may be; beyond, reading stops with a reason."""

from backend_advisor.sql.plan.document import MAX_DEPTH, MAX_NODES, PlanProblem, PlanProblemKind


class TooLargeError(Exception):
    """A plan is larger than any real one. Carries the problem to report."""

    def __init__(self, problem: PlanProblem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


def check_depth(depth: int, line: int | None = None) -> None:
    """Refuse a node nested deeper than `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise TooLargeError(PlanProblem(PlanProblemKind.TOO_DEEP, str(MAX_DEPTH), line))


def check_count(count: int, line: int | None = None) -> None:
    """Refuse more than `MAX_NODES` nodes."""
    if count > MAX_NODES:
        raise TooLargeError(PlanProblem(PlanProblemKind.TOO_MANY_NODES, str(MAX_NODES), line))

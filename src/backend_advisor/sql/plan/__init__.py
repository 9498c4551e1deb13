"""Plans: the output of EXPLAIN, read into the model's tree."""

from backend_advisor.sql.plan.document import Jit, Plan, PlanProblem, PlanProblemKind, Trigger, label, path
from backend_advisor.sql.plan.reader import read_plan

__all__ = ["Jit", "Plan", "PlanProblem", "PlanProblemKind", "Trigger", "label", "path", "read_plan"]

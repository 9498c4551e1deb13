"""What an application of NestJS does not switch on: the check of what clients send (QUA135)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CHECKS = (b"ValidationPipe", b"APP_PIPE", b"useGlobalPipes", b"validateOrReject", b"validateSync", b"ParseBodyPipe")
_DECORATED = b"class-validator"
_CREATES = "@nestjs/core.NestFactory.create"


@detects_in_code("QUA135")
def constraints_without_pipe(context: CodeContext) -> Iterator[Match]:
    """Classes state constraints of class-validator, and no pipe of the application looks at them."""
    units = [unit for unit in context.program.units.values() if unit.language not in ("python", "java")]
    stated = next((unit for unit in units if _DECORATED in unit.module.source and not is_apart(unit)), None)
    if stated is None or any(check in unit.module.source for unit in units for check in _CHECKS):
        return
    for call in context.seen.performing("app.configure"):
        if call.role.name == _CREATES and isinstance(call.node, ir.Call) and not is_apart(call.unit):
            place = next((one for one in stated.imports.values() if one.module == _DECORATED.decode()), None)
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": name_of(call.node.func)},
                steps=((context.location(stated, place), "step_stated"),) if place is not None else (),
            )

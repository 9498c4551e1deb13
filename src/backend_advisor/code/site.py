"""One call while it is being interpreted: its receiver, its arguments and the expressions they came from."""

from dataclasses import dataclass, field

from backend_advisor.code import ir
from backend_advisor.code.roles import Argument, CallRole, Fixed
from backend_advisor.code.run import Env
from backend_advisor.code.values import UNKNOWN, Value, constant, element
from backend_advisor.code.values import field as value_field


@dataclass(slots=True)
class Site:
    """A call's parts as values. `unpacked` is what `*args`/`**kwargs` may put in any place."""

    node: ir.Node
    name: str
    receiver: Value | None
    receiver_expr: ir.Expr | None
    args: list[Value]
    arg_exprs: list[ir.Expr]
    keywords: dict[str, Value] = field(default_factory=dict)
    keyword_exprs: dict[str, ir.Expr] = field(default_factory=dict)
    unpacked: Value | None = None
    env: Env = field(default_factory=dict)
    called: Value | None = None
    """What is called, where that is an object of a framework: `this` in the role of its call."""

    def values(self, wanted: Argument) -> list[Value]:
        """The values of the arguments that are meant; none when the call does not give them."""
        found: list[Value] = []
        if wanted.onwards:
            found = [*self.args[wanted.position or 0 :]]
            if wanted.position == 0:
                found += self.keywords.values()
        elif wanted.keyword == "**":
            fields: dict[str | int, Value] = dict(self.keywords.items())
            found = [Value(fields=fields, rest=self.unpacked)] if fields or self.unpacked else []
        elif wanted.keyword == "this":
            held = self.receiver if self.receiver is not None else self.called
            found = [held] if held is not None else []
        elif wanted.keyword is not None and wanted.keyword in self.keywords:
            found = [self.keywords[wanted.keyword]]
        elif wanted.position is not None and wanted.position < len(self.args):
            found = [self.args[wanted.position]]
        elif self.unpacked is not None and wanted.keyword is not None and self.unpacked.fields:
            known = self.unpacked.fields.get(wanted.keyword)
            found = [known] if known is not None else []
        for key in wanted.path:
            found = [part for value in found if (part := _under(value, key)) is not None]
        return found

    def value(self, wanted: Argument) -> Value | None:
        """The first of the values that are meant."""
        found = self.values(wanted)
        return found[0] if found else None

    def expression(self, wanted: Argument) -> ir.Expr | None:
        """The expression that gives the argument."""
        if wanted.keyword == "this":
            return self.receiver_expr
        if wanted.keyword is not None and wanted.keyword in self.keyword_exprs:
            return self.keyword_exprs[wanted.keyword]
        if wanted.position is not None and wanted.position < len(self.arg_exprs):
            return self.arg_exprs[wanted.position]
        return None

    def everything(self) -> list[Value]:
        """The receiver and every argument."""
        found = [*self.args, *self.keywords.values()]
        if self.receiver is not None:
            found.append(self.receiver)
        if self.unpacked is not None:
            found.append(self.unpacked)
        return found

    def properties(self, role: CallRole) -> dict[str, Value]:
        """The properties that a role names, as far as this call gives them."""
        found: dict[str, Value] = {}
        for name, ways in role.named.items():
            for wanted in ways:
                value = constant(wanted.value) if isinstance(wanted, Fixed) else self.value(wanted)
                if value is not None:
                    found[name] = value
                    break
        return found


def _under(value: Value, key: str) -> Value | None:
    if key == "*":
        return element(value)
    if value.fields is not None:
        found = value_field(value, int(key) if key.isdigit() else key)
        return found
    if value.consts is not None or not (value.taints or value.rest is not None):
        return None
    return value.rest if value.rest is not None else UNKNOWN

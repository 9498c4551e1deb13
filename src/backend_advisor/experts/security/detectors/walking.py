"""What a handler's records are fetched by, and whether anything relates them to who asks.

The interpreter forgets a value once it can do no harm, as a number cannot; for rights, a number matters as much as a
text. So this reads a handler and the functions it calls once more, only for where values come from.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from backend_advisor.code import ir
from backend_advisor.code.callees import class_of
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import children, within
from backend_advisor.experts.security.detectors.called import bound, passed_texts, targets_of
from backend_advisor.experts.security.detectors.ordinary_roles import asks_for_role
from backend_advisor.experts.security.detectors.origins import (
    CLIENT,
    MIXED,
    NOTHING,
    RECORD,
    WHO,
    Branch,
    Fetch,
    Findings,
    Origin,
)
from backend_advisor.experts.security.detectors.queries import SQL, is_plain, literal, model_of
from backend_advisor.experts.security.detectors.record_keys import Lookup
from backend_advisor.experts.security.detectors.telling import (
    ANSWERS,
    COMPARING,
    DEEPEST,
    INPUT_FIELDS,
    MAKES,
    MOST,
    NO_QUESTION,
    PLAIN_FIELDS,
    QUERIES,
    SAME,
    TELLING,
)
from backend_advisor.experts.security.detectors.unheard import only_answers, only_notes
from backend_advisor.experts.security.detectors.words import (
    IDENTIFIES,
    IDENTITY,
    IDENTITY_FIELD,
    REQUEST,
    RIGHTS,
    ROLE_FIELD,
    dotted,
    identifiers,
    snake,
)

if TYPE_CHECKING:
    from backend_advisor.experts.security.detectors.handlers import Reader


_PAIR = 2
_NO_RIGHTS = frozenset({"authenticate", "authorize_redirect"})
_OF_NO_RECORD = re.compile(r"^has_perms?$")
_KIND = re.compile(r"(?:^|_)(?:code|slug|name|title|type|kind|status|language|locale|country|currency)$(?<!user_name)")
_SECRET = re.compile(r"(?i)(?:^|_|(?<=[a-z]))(?:key|token|secret|signature|nonce|hash)s?$")
_OF_BASE = re.compile(r"(?i)^(?:session|select|model|cls|repository|base\w*|generic\w*|crud\w*|)$")
"""What a base class of repositories calls the records that its subclasses name."""


def _alone(part: Origin) -> bool:
    """Whether a value is the caller's and not the client's too."""
    return bool(part & WHO) and not part & (CLIENT | MIXED)


class Walk:
    """One function being read; the functions inside it share its names."""

    def __init__(
        self,
        reader: "Reader",
        found: Findings,
        info: FunctionInfo,
        env: dict[str, Origin],
        depth: int,
        trusted: frozenset[str],
        texts: dict[str, str] | None = None,
    ) -> None:
        self._reader = reader
        self.found = self._found = found
        self._info = info
        self._unit = info.unit
        self._env = env
        self._depth = depth
        self._trusted = trusted
        self._aside = False
        self._branch: Branch = ()
        self._calls: dict[int, Origin] = {}
        self._maps: dict[str, ir.Expr] = {}
        self._lambdas: dict[str, FunctionInfo] = {}
        self._texts = texts or {}
        self._told: set[int] = set()
        self._unheard = reader.unheard(info)
        self.result = NOTHING

    def run(self) -> "Walk":
        """Read the body in order."""
        body = self._info.node.body
        for param in self._info.node.params:
            if param.pattern is not None:
                self._bind(param.pattern, self._env.get(param.name, NOTHING))
        self._block(body)
        return self

    def _block(self, node: object) -> None:
        """Run statements for what they bind, fetch and check."""
        if isinstance(node, list | tuple):
            for one in node:
                self._block(one)
        elif isinstance(node, ir.Expr):
            self._of(node)
        elif isinstance(node, ir.Node):
            known = _STATEMENTS.get(type(node))
            if known is not None:
                known(self, node)
                return
            for child in children(node):
                self._block(child)

    def _assign(self, node: ir.Assign) -> None:
        value = self._of(node.value)
        if isinstance(node.target, ir.Name):
            self._remember(node.target.id, node.value)
        if node.type is not None and IDENTITY.match(node.type.name) and not self._reader.is_stored(node.type.name):
            value |= WHO
        self._bind(node.target, value)

    def _remember(self, name: str, value: ir.Expr | None) -> None:
        """What a variable is, where its text or its parts are asked for later."""
        if isinstance(value, ir.Const | ir.Text):
            self._texts[name] = literal(value)
        elif isinstance(value, ir.Mapping):
            self._maps[name] = value
        elif isinstance(value, ir.Lambda):
            made = self._reader.program.infos.get(id(value.function))
            if isinstance(made, FunctionInfo):
                self._lambdas[name] = made

    def _if(self, node: ir.If) -> None:
        checked = len(self._found.checks)
        self._of(node.test)
        if len(self._found.checks) > checked and self._decides_nothing(node):
            del self._found.checks[checked:]
            self._found.unheard.append((self._unit, node.test))
        around, before = self._branch, self._env
        ends: list[dict[str, Origin]] = []
        for way, body in enumerate((node.then, node.otherwise)):
            self._branch = (*around, (id(node), way))
            self._env = dict(before)
            self._block(body)
            ends.append(self._env)
        self._branch = around
        self._env = {name: ends[0].get(name, NOTHING) | ends[1].get(name, NOTHING) for name in {**ends[0], **ends[1]}}

    def _decides_nothing(self, node: ir.If) -> bool:
        """Whether whatever the answer is, the same follows: `if (!owns(order)) { log.warn("…"); }`."""
        return only_notes(node) and all(
            not call.args or dotted(call.func).rpartition(".")[2] in SAME or only_answers(call, self._meant_by(call))
            for call in within(node.test)
            if isinstance(call, ir.Call)
        )

    def _for(self, node: ir.For) -> None:
        self._bind(node.target, self._of(node.iterable))
        self._block(node.body)
        self._block(node.otherwise)

    def _with(self, node: ir.With) -> None:
        for expression, target in node.items:
            value = self._of(expression)
            if target is not None:
                self._bind(target, value)
        self._block(node.body)

    def _return(self, node: ir.Return) -> None:
        # What a callback gives to a function that we know nothing of decides nothing here.
        checked = len(self._found.checks)
        self.result |= self._of(node.value)
        if self._aside:
            del self._found.checks[checked:]

    def _define(self, node: ir.Define) -> None:
        if isinstance(node.definition, ir.Function):
            self._block(node.definition.body)

    def _bind(self, target: ir.Expr, value: Origin) -> None:
        if isinstance(target, ir.Name):
            self._env[target.id] = self._env.get(target.id, NOTHING) | value
        elif isinstance(target, ir.Mapping):
            for key, part in target.pairs:
                name = key.value if isinstance(key, ir.Const) else getattr(key, "id", "")
                whole = value
                if (
                    value & CLIENT
                    and isinstance(name, str)
                    and IDENTITY_FIELD.match(name)
                    and name in ("user", "session", "auth")
                ):
                    whole = WHO
                self._bind(part, whole)
        elif isinstance(target, ir.AssignExpr | ir.Spread):
            self._bind(target.target if isinstance(target, ir.AssignExpr) else target.value, value)
        elif isinstance(target, ir.Sequence):
            for one in target.items:
                self._bind(one, value)
        elif isinstance(target, ir.Attr | ir.Index) and isinstance(target.value, ir.Name):
            held = self._env.get(target.value.id, NOTHING)
            if not REQUEST.match(target.value.id):
                # one field of what came from elsewhere does not make all of it the caller's
                partly = MIXED if value & WHO and not held & WHO and target.value.id not in self._maps else NOTHING
                self._env[target.value.id] = held | value | partly

    def _of(self, node: object) -> Origin:
        """Where an expression's value comes from; checks and fetches inside are noted."""
        if node is None or isinstance(node, ir.Const):
            return NOTHING
        known = _EXPRESSIONS.get(type(node))
        if known is not None:
            return known(self, node)
        found = NOTHING
        if isinstance(node, list | tuple):
            for one in node:
                found |= self._of(one)
        elif isinstance(node, ir.Node):
            for child in children(node):
                found |= self._of(child)
        return found

    def _name(self, node: ir.Name) -> Origin:
        known = self._env.get(node.id)
        if known is not None:
            return known
        if self._unit.language == "java" and self._is_identity(node.id):
            return WHO
        return WHO if IDENTITY.match(node.id) and node.id != "session" else NOTHING

    def _is_identity(self, name: str) -> bool:
        """Whether a field is stated to be what knows who calls: `CurrentUser user`, `SecurityContext security`."""
        owner = self._info.owner
        stated = owner.fields.get(name) if owner is not None else None
        kind = stated.type.name.rpartition(".")[2] if stated is not None and stated.type is not None else ""
        return bool(IDENTITY.match(kind) or IDENTIFIES.search(snake(kind)))

    def _called(self, node: ir.Call) -> Origin:
        known = self._calls.get(id(node))
        if known is None:
            known = self._calls[id(node)] = self._call(node)
        return known

    def _lambda(self, node: ir.Lambda) -> Origin:
        self._block(node.function.body)
        return NOTHING

    def _assigned(self, node: ir.AssignExpr) -> Origin:
        value = self._of(node.value)
        self._bind(node.target, value)
        return value

    def _comprehension(self, node: ir.Comprehension) -> Origin:
        for target, iterable, conditions in node.clauses:
            self._bind(target, self._of(iterable))
            for condition in conditions:
                self._of(condition)
        return self._of(node.element)

    def _attribute(self, node: ir.Attr) -> Origin:
        seen = self._known(node)
        holder = node.value
        base = holder.id if isinstance(holder, ir.Name) else dotted(holder).rpartition(".")[2]
        if base == "self" and node.name == "session" and self._reader.keeps_database(self._info):
            return NOTHING
        if base == "self" and node.name in self._reader.callers_fields(self._info):
            self._found.knows_user = True
            return WHO
        if IDENTITY_FIELD.match(node.name) and REQUEST.match(base) and self._is_request(holder):
            self._found.knows_user = True
            return WHO
        if node.name in self._trusted and INPUT_FIELDS.match(base):
            return WHO
        value = self._of(holder)
        if isinstance(holder, ir.Name) and REQUEST.match(holder.id):
            if INPUT_FIELDS.match(node.name):
                return CLIENT | seen
            if node.name in PLAIN_FIELDS:
                return NOTHING
        if value & WHO:
            self._found.knows_user = True
            if ROLE_FIELD.search(node.name):
                self._check()
        return value | seen

    def _is_request(self, holder: ir.Expr) -> bool:
        """Whether it is the request, or what travels with it, rather than a record that has a user."""
        if isinstance(holder, ir.Name):
            if holder.id in ("self", "this"):
                return self._info.owner is not None
            known = self._env.get(holder.id)
            return known is None or not known & RECORD
        return True

    def _index(self, node: ir.Index) -> Origin:
        self._of(node.key)
        key = node.key.value if isinstance(node.key, ir.Const) else None
        base = dotted(node.value).rpartition(".")[2]
        if isinstance(key, str) and REQUEST.match(base) and IDENTITY_FIELD.match(key):
            self._found.knows_user = True
            return WHO
        value = self._of(node.value)
        if value & WHO:
            self._found.knows_user = True
            if isinstance(key, str) and ROLE_FIELD.search(key):
                self._check()
        return value

    def _known(self, node: ir.Node) -> Origin:
        return WHO if any(call.role.source == "identity.user" for call in self._seen_at(node)) else NOTHING

    def _seen_at(self, node: ir.Node) -> list[CallSeen]:
        return self._reader.facts.at.get((self._unit.path, node.start, node.end), [])

    def _binary(self, node: ir.Binary) -> Origin:
        left, right = self._of(node.left), self._of(node.right)
        if node.op in COMPARING:
            self._compared(node.left, left, node.right, right)
            if not (left | right) & WHO:
                return NOTHING
            return WHO if any(_alone(side) for side in (left, right)) else WHO | MIXED
        return left | right

    def _compared(self, one: ir.Expr, first: Origin, other: ir.Expr, second: Origin) -> bool:
        """Note a question for a right; whether it was only asked whether a value of the client is the caller's."""
        own = False
        for mine, its, theirs in ((first, other, second), (second, one, first)):
            if mine & WHO and not is_plain(its) and not (theirs & WHO and not theirs & (CLIENT | RECORD)):
                if self._is_own_value(its, theirs):
                    self._env[its.id] = WHO  # the client's value is the caller's own from here on; another one is not
                    self._found.knows_user = own = True
                else:
                    self._check()
            elif mine & RECORD and theirs & CLIENT and any(_SECRET.search(name) for name in identifiers(one, other)):
                self._check()  # whoever has been given the record's own key may see it
        return own

    def _is_own_value(self, compared: ir.Expr, origin: Origin) -> TypeGuard[ir.Name]:
        """Whether it is a parameter that is compared with who calls, before any record was fetched, beside others."""
        given = [name for name, one in self._env.items() if one == CLIENT]
        return (
            self._unit.language == "java"
            and isinstance(compared, ir.Name)
            and origin == CLIENT
            and not self._found.fetches
            and self._depth == 0
            and compared.id in given
            and len(given) > 1
        )

    def _check(self) -> None:
        if len(self._found.checks) < MOST:
            self._found.checks.append(self._branch)

    def _call(self, node: ir.Call) -> Origin:
        if id(node) in self._unheard and only_answers(node, self._meant_by(node)):
            checked = len(self._found.checks)
            value = self._asked(node)
            if len(self._found.checks) > checked:
                self._found.unheard.append((self._unit, node))
            del self._found.checks[checked:]  # a question whose answer nobody hears lets everybody through
            return value
        return self._asked(node)

    def _asked(self, node: ir.Call) -> Origin:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        receiver = self._of(node.func.value) if isinstance(node.func, ir.Attr) else NOTHING
        telling = TELLING.search(last) is not None
        given = [self._argument(argument, receiver, telling) for argument in node.args]
        given += [self._of(value) for _, value in node.keywords]
        everything = receiver
        for one in given:
            everything |= one
        calls = self._seen_at(node)
        acts = {act for call in calls for act in call.role.does}
        # A right to no record in particular is a role, which is asked for before the record is fetched.
        late = bool(_OF_NO_RECORD.match(last)) and len(node.args) == 1 and bool(self._found.fetches)
        if RIGHTS.search(snake(last)) and not late and not acts & ANSWERS and last not in _NO_RIGHTS:
            self._check()
        if last in SAME and isinstance(node.func, ir.Attr) and node.args:
            pair = len(node.args) == _PAIR  # `Objects.equals(customerId, member.id())`
            sides = (node.args[0], given[0], node.args[1], given[1]) if pair else None
            if self._compared(*(sides or (node.func.value, receiver, node.args[0], given[0]))):
                return WHO
        if everything & WHO:
            self._found.knows_user = True
        fetched = self._fetch(node, calls, acts, name, receiver, given)
        if fetched is not None:
            return fetched
        owner = name.rpartition(".")[0].rpartition(".")[2]
        inside = self._inside(node, receiver, given)
        if (
            IDENTIFIES.search(snake(last))
            or (owner and IDENTIFIES.search(snake(owner)))
            or any(call.role.source == "identity.user" or "jwt.verify" in call.role.does for call in calls)
        ):
            self._found.knows_user = True
            return WHO
        if inside is not None:
            return inside
        if (
            (everything & WHO and everything & (CLIENT | RECORD) and not acts & ANSWERS and not calls)
            and not NO_QUESTION.search(last)
            and not last[:1].isupper()
        ):
            self._check()
        if isinstance(node.func, ir.Attr) and self._is_input(node.func):
            return CLIENT
        return everything

    def _is_input(self, func: ir.Attr) -> bool:
        return (
            isinstance(func.value, ir.Name)
            and bool(REQUEST.match(func.value.id))
            and bool(INPUT_FIELDS.match(func.name))
        )

    def _argument(self, argument: ir.Expr, receiver: Origin, telling: bool) -> Origin:
        if isinstance(argument, ir.Lambda):
            for number, param in enumerate(argument.function.params):
                if number == 0 or receiver & RECORD:
                    self._env[param.name] = self._env.get(param.name, NOTHING) | receiver
                else:
                    self._env.setdefault(param.name, NOTHING)
                if param.pattern is not None:
                    self._bind(param.pattern, receiver)
            aside, self._aside = self._aside, not telling
            self._block(argument.function.body)
            self._aside = aside
            return NOTHING
        return self._of(argument)

    def _fetch(
        self, node: ir.Call, calls: list[CallSeen], acts: set[str], name: str, receiver: Origin, given: list[Origin]
    ) -> Origin | None:
        """A call that asks the database; None for other calls."""
        if not acts & QUERIES:
            return None
        everything = receiver
        for one in given:
            everything |= one
        makes = MAKES.search(name.rpartition(".")[2]) is not None and "orm.filter" not in acts
        text = self._text(node)
        makes = makes or text.lstrip()[:6].lower() == "insert"
        model = model_of(node, text)
        if model in ("this", "self", "super", "") and self._info.owner is not None:
            model = re.sub(
                r"(?:Service)?(?:Impl)?(?:DAO|Dao|Repository|Mapper|Service)?$", "", self._info.owner.node.name
            )
        if everything & WHO:
            narrowed = bool(receiver & WHO) and "orm.filter" in acts  # `self.scope.where(Invoice.id == invoice_id)`
            if not makes and (everything & CLIENT or narrowed):
                self._check()
            if model and not makes and not self._names_kind(node) and self._by_caller(node, [receiver, *given]):
                self._found.owned.add(model.lower())
        if not makes:
            key = Lookup(node, calls, text, self._meant(node), self._of, self._unit.module.source).key()
            if key and len(self._found.fetches) < MOST and id(node) not in self._told:
                self._told.add(id(node))
                changes = bool(acts & {"db.write", "db.write_many"})
                certain = all(call.certain for call in calls)
                self._found.fetches.append(Fetch(self._unit, node, model, key, changes, certain, self._branch))
        kept = everything & (CLIENT | MIXED) if self._names_kind(node) else everything & (WHO | CLIENT | MIXED)
        return kept | RECORD

    def _names_kind(self, node: ir.Call) -> bool:
        """`filter(code=user.language)`: what people chose one of, which does not make it theirs."""
        theirs = [key for key, value in node.keywords if self._of(value) & WHO]
        return bool(theirs) and all(_KIND.search(key) for key in theirs)

    def _by_caller(self, node: ir.Call, parts: list[Origin]) -> bool:
        """Whether the caller alone decides a part of what is asked for: a form that also names its sender does not."""
        if any(_alone(part) for part in parts):
            return True
        checked = len(self._found.checks)
        alone = any(
            _alone(part)
            for argument in (*node.args, *(value for _, value in node.keywords))
            for part in self._leaves(argument, 0)
        )
        del self._found.checks[checked:]  # they were noted before
        return alone

    def _leaves(self, expression: ir.Node, depth: int) -> Iterator[Origin]:
        """Where the parts of an object, a list, a text or a condition come from."""
        kinds = ir.Mapping | ir.Sequence | ir.Text | ir.Binary | ir.Logic | ir.Call | ir.Spread
        if depth < 6 and isinstance(expression, kinds):
            for child in children(expression):
                yield from self._leaves(child, depth + 1)
        yield self._of(expression)

    def _text(self, node: ir.Call) -> str:
        for argument in node.args[:2]:
            if isinstance(argument, ir.Const | ir.Text | ir.Binary):
                found = literal(argument)
            elif isinstance(argument, ir.Name):
                found = self._texts.get(argument.id, "")
            elif isinstance(argument, ir.Call) and argument.args:
                found = literal(argument.args[0])
            else:
                found = ""
            if SQL.search(found):
                return found
        return ""

    def _meant(self, node: ir.Call) -> list[object]:
        """What stands behind arguments that are variables or calls of functions inside this one."""
        found: list[object] = []
        for argument in node.args[:2]:
            if isinstance(argument, ir.Name) and argument.id in self._maps:
                found.append(self._maps[argument.id])
            elif isinstance(argument, ir.Call):
                found += [info.node.body for info in self._targets(argument) if info.outer is self._info]
        return found

    def _meant_by(self, call: ir.Call) -> list[FunctionInfo]:
        """The functions that a call means; by its name alone all functions of that name."""
        return self._targets(call) or self._reader.named(dotted(call.func).rpartition(".")[2])

    def _targets(self, node: ir.Call) -> list[FunctionInfo]:
        return targets_of(node, self._reader, self._info, self._lambdas)

    def _inside(self, node: ir.Call, receiver: Origin, given: list[Origin]) -> Origin | None:
        """What a call of one of the program's functions does and gives; None when it is not known."""
        if self._depth >= DEEPEST:
            return None
        targets = [info for info in self._targets(node) if info is not self._info]
        if not targets:
            return None
        result = NOTHING
        for info in targets[:4]:
            if asks_for_role(info):
                self._check()  # `@PostAuthorize("returnObject.owner == authentication.name")` on a service
            env = bound(info, node, receiver, given)
            if info.outer is self._info:
                env = {**self._env, **env}
            found, given_back = self._reader.inside(
                info, env, passed_texts(info, node, self._texts), self._depth + 1, self._trusted
            )
            result |= given_back
            self._found.checks += [self._branch + check for check in found.checks[:4]]
            self._found.knows_user = self._found.knows_user or found.knows_user
            concrete = self._kept_by(node) if self._unit.language == "python" else ""
            self._found.owned |= found.owned
            if concrete and any(_OF_BASE.match(one) for one in found.owned):
                self._found.owned.add(concrete.lower())
            self._found.unheard += found.unheard[:1]
            known = {id(fetch.node) for fetch in self._found.fetches}
            for fetch in found.fetches:
                if id(fetch.node) not in known:
                    here = replace(fetch, branch=self._branch + fetch.branch)
                    if concrete and _OF_BASE.match(fetch.model):
                        # Who calls the base class knows which records these are, and is where it is mended.
                        here = replace(here, model=concrete, unit=self._unit, node=node)
                    self._found.fetches.append(here)
        return result

    def _kept_by(self, call: ir.Call) -> str:
        """The records that an object keeps, where its class says so: `class Invoices(Repository[Invoice])`."""
        holder = call.func.value if isinstance(call.func, ir.Attr) else None
        owner = class_of(self._reader.program, self._info, holder) if holder is not None else None
        if owner is None:
            return ""
        stated = owner.fields.get("model")
        if stated is not None and isinstance(stated.value, ir.Name):
            return stated.value.id
        kinds = [kind.name for base in owner.node.base_types for kind in base.args]
        return kinds[0].rpartition(".")[2] if kinds else ""


_STATEMENTS: dict[type, Callable[[Walk, Any], None]] = {
    ir.Assign: Walk._assign,
    ir.If: Walk._if,
    ir.For: Walk._for,
    ir.With: Walk._with,
    ir.Return: Walk._return,
    ir.Define: Walk._define,
}
_EXPRESSIONS: dict[type, Callable[[Walk, Any], Origin]] = {
    ir.Name: Walk._name,
    ir.Attr: Walk._attribute,
    ir.Index: Walk._index,
    ir.Call: Walk._called,
    ir.Binary: Walk._binary,
    ir.Lambda: Walk._lambda,
    ir.AssignExpr: Walk._assigned,
    ir.Comprehension: Walk._comprehension,
}

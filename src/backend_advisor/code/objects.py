"""Objects of the program's classes: how they are made, what their fields hold, and what they inherit."""

import re
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef, name_value
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.run import Env, Run, same
from backend_advisor.code.settled import set_up_methods, settled_fields, static_initialiser
from backend_advisor.code.shapes import bounded
from backend_advisor.code.site import Site
from backend_advisor.code.taints import bounded_taints, merge_taints
from backend_advisor.code.types import declared_value, is_kind_of, typed
from backend_advisor.code.values import Value, all_taints, join, with_field

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine

_DEEPEST = 24
_OF_REQUESTS = re.compile(r"(?:Context|Request|Response)$")
_IDENTITY = re.compile(r"(?i)user|auth|session|account|principal|identity|tenant|member")
"""What a check of credentials keeps is not what the client sent."""
_OF_PROGRAM = re.compile(
    r"(?i)(?:config(?:uration)?|settings|options|log(?:ger)?|db|database|models|services|container)$"
)
"""Nor is what the program itself has for every request."""


class Objects:
    """Makes objects, and remembers what is written to their fields."""

    def __init__(self, machine: "Machine") -> None:
        self._machine = machine
        self._fields: dict[tuple[str, str], Value] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._kept: dict[tuple[str, str], Value] = {}
        self.linked = False
        self._constructed: set[str] = set()
        self.gained: set[str] = set()
        """Classes whose fields came to hold more data after their methods may have been run."""

    def construct(self, run: Run, info: ClassInfo, site: Site) -> Value:
        """A new object of a class of the program."""
        made = Value(types=frozenset({info.name}), fields={})
        return self.construct_into(run, info, made, site)

    def construct_into(self, run: Run, info: ClassInfo, made: Value, site: Site) -> Value:
        """Run a class's constructor on an object."""
        self.bases(info)
        constructors = self._constructors(info, len(site.args))
        if not constructors:
            return self._filled(run, info, made, site)
        python = info.unit.language == "python"
        for constructor in constructors[:1]:
            ref = FunctionRef(constructor, self._machine.closure_of(constructor), made)
            values, _ = self._machine.functions._bind(run, ref, site.args, site.keywords, site)
            if run.depth >= _DEEPEST:
                return made.but(taints=merge_taints(*(all_taints(value, 2) for value in values[1:])))
            summary = self._machine.functions.summary(run, constructor, values, ref.closure)
            self._machine.functions.apply(run, summary, values, site.node, None, [])
            effect = summary.effects.get(0)
            if effect is not None:
                known = self._machine.functions.substitution(constructor, values, run, site.node)
                made = known.changed(made, *effect)
            elif python and self.foreign(info):
                made = self._filled(run, info, made, site)
        return self._with_stated(run, info, made) if python else made

    def _with_stated(self, run: Run, info: ClassInfo, made: Value) -> Value:
        """An object whose constructor is given what nothing is known of for fields that the class states."""
        for owner in self._machine.program.ancestry(info):
            for name in owner.fields.keys() & (made.fields or {}).keys():
                value = (made.fields or {})[name]
                stated = self._as_stated(run, owner, name, value)
                made = made if stated is value else with_field(made, name, stated)
        return made

    def construct_with(self, run: Run, ref: FunctionRef, site: Site) -> Value:
        """JavaScript's `new F(…)` of a function that fills its object through `this`."""
        functions = self._machine.functions
        made = Value(fields={})
        if isinstance(site.node, ir.Call):
            prototype = (run.evaluate(site.node.func, site.env).fields or {}).get("prototype")
            made = Value(fields=dict(prototype.fields or {}) if prototype is not None else {})
        values, _ = functions._bind(run, FunctionRef(ref.info, ref.closure, made), site.args, site.keywords, site)
        if run.depth >= _DEEPEST:
            return made
        summary = functions.summary(run, ref.info, values, ref.closure)
        result = functions.apply(run, summary, values, site.node, None, [])
        effect = summary.effects.get(0)
        if effect is None:
            return result if result.fields or result.refs or result.types else made
        return functions.substitution(ref.info, values, run, site.node).changed(made, *effect)

    def _constructors(self, info: ClassInfo, count: int) -> list[FunctionInfo]:
        for one in self._machine.program.ancestry(info):
            names = ("__init__", "constructor", one.node.name)
            found = [method for name in names for method in one.methods.get(name, ())]
            if found:
                return sorted(found, key=lambda method: abs(len(method.node.params) - count))
        return []

    def _filled(self, run: Run, info: ClassInfo, made: Value, site: Site) -> Value:
        """A record-like class without a constructor: its fields are its arguments."""
        stated = {name: one for one in reversed(self._machine.program.ancestry(info)) for name in one.fields}
        given = [*zip(stated, site.args, strict=False), *site.keywords.items()]
        for name, value in given:
            owner = stated.get(name)
            made = with_field(made, name, value if owner is None else self._as_stated(run, owner, name, value))
        if site.unpacked is not None:
            made = made.but(taints=merge_taints(made.taints, all_taints(site.unpacked, 2)), rest=site.unpacked)
        return made

    def _as_stated(self, run: Run, owner: ClassInfo, name: str, value: Value) -> Value:
        """What a record's field is given, which is what the field states where nothing else is known of it."""
        kind = owner.fields[name].type
        known = value.types or value.refs or value.fields is not None or value.consts is not None
        if kind is None or known or run.language != "python":
            return value
        return typed(Run(self._machine, owner.unit, None, {}, run.depth + 1), value, kind)

    def bases(self, info: ClassInfo) -> tuple[str, ...]:
        """The qualified names of a class's bases."""
        known = self._bases.get(info.name)
        if known is not None:
            return known
        if info.bases is None:
            info.bases = ()
            run = Run(self._machine, info.unit, None, {}, 0)
            found: list[str] = []
            for base in info.node.bases:
                value = run.evaluate(base, {}) if not isinstance(base, ir.Name) else name_value(run, base, {})
                found += [ref.name for ref in value.refs if isinstance(ref, ClassInfo) and ref is not info]
                if value.name is not None:
                    found.append(value.name.removesuffix("()"))
            found += [like for name in found if (like := self._machine.roles.likeness(name)) is not None]
            info.bases = tuple(dict.fromkeys(found))
            for name in info.bases:
                parent = self._machine.program.classes.get(name)
                if parent is not None:
                    parent.children.append(info)
                    self.bases(parent)
            self._machine.program.relinked()
        inherited = [b for one in self._machine.program.ancestry(info)[1:] for b in one.bases or ()]
        found_bases = tuple(dict.fromkeys((*info.bases, *inherited)))
        if self.linked:
            self._bases[info.name] = found_bases
        return found_bases

    def link(self) -> None:
        """Find the bases of every class; from then on inheritance is fixed."""
        for info in list(self._machine.program.classes.values()):
            self.bases(info)
        self.linked = True

    def prepare(self) -> None:
        """Make the objects that Java's classes make of each other for their fields, before methods run on them."""
        for info in list(self._machine.program.classes.values()):
            if info.unit.language == "java":
                self._prepare(Run(self._machine, info.unit, None, {}, 0), info)

    def foreign(self, info: ClassInfo) -> bool:
        """Whether a class inherits from something outside the program."""
        return any(base not in self._machine.program.classes for base in self.bases(info))

    def class_field(self, run: Run, info: ClassInfo, name: str) -> Value | None:
        """What a field of some object of a class is, from its declaration and all that is written to it."""
        self._prepare(run, info)
        found: Value | None = None
        for one in self._machine.program.ancestry(info):
            value = self._fields.get((one.name, name))
            if value is not None:
                found = value if found is None else join(found, value)
        return found

    def _prepare(self, run: Run, info: ClassInfo) -> None:
        for one in self._machine.program.ancestry(info):
            if one.name in self._constructed:
                continue
            self._constructed.add(one.name)
            inner = Run(self._machine, one.unit, None, {}, run.depth + 1)
            settled = settled_fields(one)
            for stated in one.node.fields:
                value = declared_value(inner, stated.type)
                if stated.value is not None:
                    given = inner.evaluate(stated.value, {"this": Value(types=frozenset({one.name}))})
                    constant_field = "final" in stated.modifiers or "readonly" in stated.modifiers
                    if not constant_field and one.unit.language != "python" and stated.name not in settled:
                        given = given.but(consts=None)
                    if constant_field and given.types and all(is_kind_of(inner, t, value.types) for t in given.types):
                        value = given
                    else:
                        value = given if not value.types else given.but(types=given.types | value.types)
                if stated.name in settled and stated.value is None:
                    value = value.but(consts=())  # until its set-up gives it one, it has no value that anybody sees
                early = self._fields.get((one.name, stated.name))
                self._fields[one.name, stated.name] = value if early is None else _with_early(value, early, stated)
            for constructor in [m for n in ("__init__", "constructor", one.node.name) for m in one.methods.get(n, ())]:
                self._machine.run_entry(constructor)
            static = static_initialiser(one)
            for method in [*([static] if static is not None else []), *set_up_methods(one)]:
                self._machine.run_entry(method)
            for name in settled:
                if self._fields[one.name, name].consts == ():
                    self._fields[one.name, name] = self._fields[one.name, name].but(consts=None)

    def field_gained(self, info: ClassInfo, name: str, value: Value, *, changed: bool = False) -> None:
        """A field of objects of a class is written, or what it holds is `changed` before anybody uses it."""
        kept = _remembered(value, self._machine.program)
        key = (info.name, name)
        known = self._fields.get(key)
        if known is None:
            self._fields[key] = kept
            return
        if known is kept:
            return
        joined = join(known, kept)
        if changed and kept.fields and not kept.types & self._machine.program.classes.keys():
            joined = joined.but(fields={**(joined.fields or {}), **kept.fields})
        if same(joined, known):
            return
        if joined.taints.keys() != known.taints.keys():
            self.gained.add(info.name)
        self._fields[key] = joined

    def attribute_kept(self, kind: str, name: str, value: Value) -> None:
        """An attribute of a framework's request or response is written by a handler or middleware of JavaScript."""
        if name == "body" and not kind.endswith("Request"):
            return  # the answer, which was seen where it was given
        if not _OF_REQUESTS.search(kind) or _IDENTITY.search(name) or _OF_PROGRAM.search(name):
            return
        kept = _of_no_caller(bounded(value, 2)).but(consts=None, text=None, guard=None)
        known = self._kept.get((kind, name))
        self._kept[kind, name] = kept if known is None else join(known, kept)

    def application_kept(self, kind: str, name: str, value: Value) -> None:
        """Something is written where an application keeps things for its handlers: `app.state.pool = pool`.

        What it is counts; what it holds is the program's own, and changes while the program runs.
        """
        known_types = self._machine.known_types()
        kept = Value(
            types=frozenset(one for one in value.types if one in known_types), refs=value.refs, name=value.name
        )
        known = self._kept.get((kind, name))
        self._kept[kind, name] = kept if known is None else join(known, kept)

    def attribute_of(self, kind: str, name: str) -> Value | None:
        """What was written to such an attribute so far."""
        return self._kept.get((kind, name))

    def this_of(self, run: Run, env: Env) -> Value | None:
        """The object whose method is running."""
        if run.language != "python":
            return env.get("this")
        if run.info is None or not run.info.node.params:
            return None
        return env.get(run.info.node.params[0].name)


def _with_early(stated: Value, early: Value, field: ir.Field) -> Value:
    """What a field is by its declaration, and by what a constructor gave it that was run before."""
    if field.value is not None:
        return join(stated, early)
    more = early.but(types=early.types or stated.types, rest=early.rest if early.rest is not None else stated.rest)
    return more if stated.consts == () else more.but(consts=None)


def _remembered(value: Value, program: Program) -> Value:
    """What is remembered of a value that is written to a field; an object of the program remembers its own fields."""
    if value.types & program.classes.keys():
        value = value.but(fields=None, rest=None, taints=bounded_taints(value.taints))
    return _of_no_caller(bounded(value, 1))


def _of_no_caller(value: Value) -> Value:
    """A value without what depends on who calls."""
    if all(taint.index < 0 for taint in value.taints) and value.fields is None and value.rest is None:
        return value
    return value.but(
        taints={taint: trail for taint, trail in value.taints.items() if taint.index < 0},
        fields={k: _of_no_caller(v) for k, v in value.fields.items()} if value.fields else value.fields,
        rest=_of_no_caller(value.rest) if value.rest is not None else None,
        consts=value.consts,
    )

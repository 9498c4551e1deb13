"""Members that the compiler adds: what a record implies, the logger of Lombok, and the initialisers that constructors
run."""

from backend_advisor.code.frontends.java.types import array_of
from backend_advisor.code.ir import Assign, Attr, Class, Expr, Field, Function, Name, Param, Return, Stmt, Type
from backend_advisor.code.tree import name_of

_LOGGERS = {
    "Slf4j": "org.slf4j.Logger",
    "XSlf4j": "org.slf4j.Logger",
    "Log4j": "org.apache.log4j.Logger",
    "Log4j2": "org.apache.logging.log4j.Logger",
    "CommonsLog": "org.apache.commons.logging.Log",
    "JBossLog": "org.jboss.logging.Logger",
    "Log": "java.util.logging.Logger",
}
"""What kind of logger `@Slf4j` and the like give a class, as a static field of the name `log`."""


def logger(made: Class) -> None:
    """`@Slf4j class A` has a field `log` that stands nowhere in its source."""
    if any(field.name == "log" for field in made.fields):
        return
    for note in made.decorators:
        kind = _LOGGERS.get(name_of(note))
        if kind is not None:
            made.fields.append(
                Field(made.start, made.start, "log", Type(kind), None, [], ("private", "static", "final"))
            )
            return


def record(made: Class, components: list[Param]) -> None:
    """Components are fields, parameters of the constructor, and methods that read them."""
    made.fields[:0] = [
        Field(one.start, one.end, one.name, _stored_type(one), None, one.decorators, ("private", "final"))
        for one in components
    ]
    stores: list[Stmt] = [
        Assign(one.start, one.end, _own(one), Name(one.start, one.end, one.name)) for one in components
    ]
    whole = [method for method in made.methods if method.name == made.name]
    compact = next((method for method in whole if not method.params and components), None)
    if compact is not None:
        compact.params = components
        compact.body += stores
    elif not any(len(method.params) == len(components) for method in whole):
        added = _added(made.start, made.start, made.name, stores)
        added.params = components
        made.methods.append(added)
    named = {method.name for method in made.methods if not method.params}
    for one in components:
        if one.name not in named:
            added = _added(one.start, one.end, one.name, [Return(one.start, one.end, _own(one))])
            added.returns = _stored_type(one)
            made.methods.append(added)


def _stored_type(one: Param) -> Type | None:
    return array_of(one.type) if one.kind == "rest" else one.type


def _own(one: Param) -> Expr:
    return Attr(one.start, one.end, Name(one.start, one.start, "this"), one.name)


def _added(start: int, end: int, name: str, body: list[Stmt]) -> Function:
    """A method that the compiler adds."""
    return Function(start, end, name, [], body, modifiers=("public", "synthetic"), header_end=end)


def initialise(made: Class, statements: list[Stmt]) -> None:
    """Put what initialisers do at the head of each constructor that does not call another one of the class."""
    if not statements:
        return
    constructors = [method for method in made.methods if method.name == made.name]
    if not constructors:
        made.methods.append(_added(made.start, made.start, made.name, statements))
        return
    for method in constructors:
        called = method.body[0] if method.body else None
        word = getattr(getattr(getattr(called, "value", None), "func", None), "id", "")
        if word != "this":
            at = 1 if word == "super" else 0
            method.body[at:at] = statements

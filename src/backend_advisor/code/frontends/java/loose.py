"""Methods and statements outside of any class, as in a compact source file or a pasted piece: the implied class."""

from tree_sitter import Node

from backend_advisor.code.frontends.java.grammar import KINDS
from backend_advisor.code.frontends.java.members import Members, declare_fields, declared_methods, lower_members
from backend_advisor.code.frontends.java.reader import STATEMENTS, Reader, Scope
from backend_advisor.code.ir import Assign, Class, Field, Function, Name, Param, Stmt, Type
from backend_advisor.code.tree import everything

_OUTSIDE = frozenset(
    number
    for name in (
        "package_declaration", "import_declaration", "module_declaration", "class_declaration", "interface_declaration",
        "enum_declaration", "record_declaration", "annotation_type_declaration",
    )
    for number in KINDS[name]
)  # fmt: skip
_METHOD = frozenset(KINDS["method_declaration"])
_VARIABLE = frozenset(KINDS["local_variable_declaration"])
_BELONGS = frozenset({*_METHOD, *STATEMENTS})
_IMPLIED = "@piece"
"""A class without a name, as anonymous ones are: what is before the mark is shown."""
_USUAL = {
    "HttpServletRequest": ("request", "req", "httpRequest", "servletRequest"),
    "HttpServletResponse": ("response", "resp", "httpResponse", "servletResponse"),
    "HttpSession": ("session", "httpSession"),
    "Connection": ("connection", "conn", "con"),
    "DataSource": ("dataSource",),
    "JdbcTemplate": ("jdbcTemplate", "jdbc"),
    "EntityManager": ("entityManager", "em"),
    "RestTemplate": ("restTemplate",),
    "WebClient": ("webClient",),
    "RedisTemplate": ("redisTemplate", "stringRedisTemplate"),
    "ObjectMapper": ("objectMapper",),
    "Logger": ("log", "logger", "LOG", "LOGGER"),
}
TYPES_BY_NAME = {name: kind for kind, names in _USUAL.items() for name in names}


def loose_nodes(root: Node) -> list[Node]:
    """What stands at the top level of a file although it belongs into a class."""
    return [node for node in root.children if node.kind_id not in _OUTSIDE and node.kind_id in _BELONGS]


def implied_class(reader: Reader, nodes: list[Node], *, guess: bool) -> Class:
    """The class that holds them. `guess`: usual names that are declared nowhere have a type."""
    made = Class(nodes[0].start_byte, nodes[-1].end_byte, _IMPLIED, [], [], [], [])
    methods = [node for node in nodes if node.kind_id in _METHOD]
    declared = [node for node in nodes if methods and node.kind_id in _VARIABLE]
    statements = [node for node in nodes if node not in methods and node not in declared]
    owner, reader.owner = reader.owner, made.name
    reader.scopes.append(Scope(made.name, declared_methods(reader, methods), inherits=False))
    for node in declared:
        declare_fields(reader, node, made.fields, is_constant=False)
    lower_members(reader, methods, Members(made.fields, made.methods))
    body: list[Stmt] = []
    reader.run(statements, body)
    reader.scopes.pop()
    reader.owner = owner
    if body:
        made.methods.append(Function(made.start, made.end, "piece", [], body, header_end=made.start))
    if guess:
        _declare_usual(made)
    return made


def _declare_usual(made: Class) -> None:
    """`request`, `jdbcTemplate` and the like mean what they mean everywhere."""
    used: set[str] = set()
    known: set[str] = set()
    for node in everything(made):
        if isinstance(node, Name) and node.id in TYPES_BY_NAME:
            used.add(node.id)
        elif isinstance(node, Param | Field):
            known.add(node.name)
        elif isinstance(node, Assign) and isinstance(node.target, Name) and node.type is not None:
            known.add(node.target.id)
    for name in sorted(used - known):
        made.fields.append(Field(made.start, made.start, name, Type(TYPES_BY_NAME[name]), None, [], ("private",)))

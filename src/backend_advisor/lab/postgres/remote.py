"""What the user's own server says: catalogue reads, and EXPLAIN without ANALYZE. Nothing there is run or changed."""

import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection

from backend_advisor.lab.errors import LabError, QueryFailed
from backend_advisor.lab.postgres.wire import Wire, quoted

SECONDS = 10
MAX_TABLES = 200

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
       a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.oid = ANY ($1::oid[]) ORDER BY c.relname, a.attnum"""
_CONSTRAINTS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('p', 'u', 'f', 'c')
 ORDER BY k.contype <> 'p', k.contype = 'f', k.oid"""
_INDEXES = """
SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
 ORDER BY i.indexrelid"""
_ENUMS = """
SELECT t.typname, array_to_json(array_agg(e.enumlabel ORDER BY e.enumsortorder))::text
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
 WHERE t.oid IN (SELECT atttypid FROM pg_attribute WHERE attrelid = ANY ($1::oid[])) GROUP BY t.typname"""
_RELATIONS = """
SELECT json_agg(json_build_object('relname', c.relname, 'reltuples', c.reltuples, 'relpages', c.relpages,
                                  'relallvisible', c.relallvisible))::text
  FROM pg_class c WHERE c.oid = ANY ($1::oid[])
     OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ($1::oid[]))"""
_STATISTICS = """
SELECT json_agg(json_build_object('tablename', s.tablename, 'attname', s.attname, 'inherited', s.inherited,
         'null_frac', s.null_frac, 'avg_width', s.avg_width, 'n_distinct', s.n_distinct, 'correlation', s.correlation,
         'most_common_vals', s.most_common_vals::text, 'most_common_freqs', s.most_common_freqs::text,
         'histogram_bounds', s.histogram_bounds::text))::text
  FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename WHERE c.oid = ANY ($1::oid[])"""


@dataclass(frozen=True, slots=True)
class Remote:
    """What was read: DDL of the tables, their statistics as JSON, and one plan for each query that could be planned."""

    version: str
    ddl: str
    statistics: str
    plans: tuple[str, ...]


def read_remote(dsn: str, tables: Iterable[str], queries: Iterable[str]) -> Remote:
    """Read what concerns these tables and queries, in one read-only transaction; raises LabError when that fails."""
    wire = _connect(dsn)
    try:
        wire.run("BEGIN TRANSACTION READ ONLY")
        wire.run(f"SET LOCAL statement_timeout = '{SECONDS}s'")
        wire.run("SET LOCAL lock_timeout = '2s'")
        oids = _oids(wire, tables)
        plans = tuple(plan for query in queries if (plan := _plan(wire, query)) is not None)
        relations, columns = wire.run(_RELATIONS, oids).rows[0][0], wire.run(_STATISTICS, oids).rows[0][0]
        statistics = json.dumps({"relations": json.loads(relations or "[]"), "columns": json.loads(columns or "[]")})
        return Remote(str(wire.run("SHOW server_version").rows[0][0]), _ddl(wire, oids), statistics, plans)
    finally:
        wire.close()


def _connect(dsn: str) -> Wire:
    """Connect by a postgresql:// address; `sslmode` other than disable asks for TLS."""
    parts = urlsplit(dsn)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise LabError("an address of the form postgresql://user@host:port/database is needed")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    socket = options.get("host", "")
    try:
        connection = Connection(
            unquote(parts.username or options.get("user", "")),
            password=unquote(parts.password) if parts.password else options.get("password"),
            host=parts.hostname or "localhost",
            port=parts.port or int(options.get("port", "5432")),
            database=unquote(parts.path.strip("/")),
            unix_sock=f"{socket}/.s.PGSQL.{options.get('port', '5432')}" if socket.startswith("/") else None,
            ssl_context=_tls("disable" if socket.startswith("/") else options.get("sslmode", "prefer")),
            timeout=SECONDS,
            application_name="backend-expert-advisor",
        )
    except (InterfaceError, DatabaseError, OSError, ValueError) as error:
        raise LabError(_plain(error)) from None
    return Wire(connection, seconds=SECONDS)


def _tls(mode: str) -> ssl.SSLContext | bool | None:
    """The driver's own meanings: False without TLS, None when the server may choose, a context to verify."""
    if mode == "disable":
        return False
    return ssl.create_default_context() if mode.startswith("verify") else None


def _plain(error: Exception) -> str:
    """The error without anything of the address, which may hold a password."""
    detail = error.args[0] if error.args else error
    return str(detail.get("M", detail)) if isinstance(detail, dict) else str(detail)


def _oids(wire: Wire, tables: Iterable[str]) -> str:
    found = []
    for table in list(tables)[:MAX_TABLES]:
        rows = wire.run("SELECT to_regclass($1)::oid", quoted(table)).rows
        found += [str(oid) for (oid,) in rows if oid is not None]
    return "{" + ",".join(found) + "}"


def _plan(wire: Wire, query: str) -> str | None:
    """The estimated plan; a query that cannot be planned there (placeholders, no rights) has none."""
    wire.run("SAVEPOINT planning")
    try:
        plan = wire.run(f"EXPLAIN (FORMAT JSON) {query}").rows[0][0]
    except QueryFailed:
        wire.run("ROLLBACK TO SAVEPOINT planning")
        return None
    return plan if isinstance(plan, str) else json.dumps(plan)


def _ddl(wire: Wire, oids: str) -> str:
    """CREATE statements for the tables, as far as types, keys, checks and indexes go."""
    statements = []
    for name, labels in wire.run(_ENUMS, oids).rows:
        values = ", ".join("'" + label.replace("'", "''") + "'" for label in json.loads(labels))
        statements.append(f"CREATE TYPE {quoted(name)} AS ENUM ({values});")
    tables: dict[str, list[str]] = {}
    for table, column, type_, required, identity, generated, default in wire.run(_COLUMNS, oids).rows:
        tables.setdefault(table, []).append(_column(column, type_, required, identity, generated, default))
    for table, columns in tables.items():
        statements.append(f"CREATE TABLE {quoted(table)} (\n  " + ",\n  ".join(columns) + "\n);")
    for table, name, definition in wire.run(_CONSTRAINTS, oids).rows:
        statements.append(f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {definition};")
    statements += [f"{definition};" for (definition,) in wire.run(_INDEXES, oids).rows]
    return "\n".join(statements)


def _column(name: str, type_: str, required: bool, identity: str, generated: str, default: str | None) -> str:
    words = [quoted(name), type_]
    if identity:
        words.append(f"GENERATED {'ALWAYS' if identity == 'a' else 'BY DEFAULT'} AS IDENTITY")
    elif generated == "s" and default:
        words.append(f"GENERATED ALWAYS AS ({default}) STORED")
    elif default and "nextval" not in default:
        words.append(f"DEFAULT {default}")
    return " ".join([*words, "NOT NULL"] if required else words)

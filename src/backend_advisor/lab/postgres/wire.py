"""One connection to the lab's server: every statement alone, through the extended protocol, errors as LabError."""

import contextlib
import socket
from dataclasses import dataclass
from typing import Any, BinaryIO

from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection

from backend_advisor.lab.errors import LabError, OutOfLimits, QueryFailed, TimedOut
from backend_advisor.lab.postgres.address import Address

ANSWER_BYTES = 128 * 1024**2
"""What one statement's answer may weigh on its way to us; the rows of a page are far lighter."""

OWN_SCHEMA = "lab"
"""Where a superuser's unqualified names are looked up after the system's own, so that no function or operator that a
stranger made in `public` is ever chosen instead."""

_TIMED_OUT = {"57014", "55P03", "25P03"}
_OUT_OF_LIMITS = {"53000", "53100", "53200", "53400", "54000", "54001"}
_ENDED = {"57P01", "57P02", "57P03"}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement returned. `types` are type OIDs; `truncated` says that there were more rows."""

    columns: tuple[str, ...]
    types: tuple[int, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool = False


class Wire:
    """A connection; `seconds` is what a statement may take, for the message when it takes longer."""

    def __init__(self, connection: Connection, meter: "_Meter | None" = None, seconds: float = 0.0) -> None:
        self._connection = connection
        self._meter = meter
        self.seconds = seconds

    @property
    def process(self) -> int:
        """The server process behind the connection."""
        return int(self.run("SELECT pg_backend_pid()").rows[0][0])

    def run(self, sql: str, *values: object) -> Rows:
        """Run one statement; two in one string are refused by the protocol itself."""
        if "\x00" in sql:
            raise QueryFailed("22021", "the text holds a NUL byte")
        if self._meter is not None:
            self._meter.left = ANSWER_BYTES
        try:
            context = self._connection.execute_unnamed(sql, vals=_as_text(values))
        except DatabaseError as error:
            raise self._translated(error) from None
        except _TooMuch:
            if self._meter is not None:
                self._meter.end()
            raise OutOfLimits(f"an answer of more than {ANSWER_BYTES} bytes") from None
        except (InterfaceError, OSError, EOFError) as error:
            raise OutOfLimits(f"the server ended the connection: {error}") from None
        except KeyboardInterrupt:
            # Whoever cleans up must not wait for the statement that was interrupted.
            if self._meter is not None:
                self._meter.end()
            raise
        columns = context.columns or []
        return Rows(
            tuple(column["name"] for column in columns),
            tuple(column["type_oid"] for column in columns),
            [tuple(row) for row in context.rows or []],
        )

    def close(self) -> None:
        """Close the connection; one that is broken already is as good as closed."""
        with contextlib.suppress(InterfaceError, OSError, DatabaseError):
            self._connection.close()

    def _translated(self, error: DatabaseError) -> LabError:
        fields = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        state, message = str(fields.get("C", "")), str(fields.get("M", error))
        if state in _TIMED_OUT:
            return TimedOut(self.seconds)
        if state in _OUT_OF_LIMITS or state in _ENDED:
            return OutOfLimits(message)
        position = fields.get("P")
        return QueryFailed(state, message, int(position) if position else None)


def connect(address: Address, user: str, database: str) -> Wire:
    """Connect to the lab's server."""
    schemas = OWN_SCHEMA if user == "postgres" else "public"
    try:
        meter = _Meter(address)
        options = {"search_path": schemas}
        connection = Connection(
            user,
            password=address.password,
            database=database,
            sock=meter,
            ssl_context=False,
            startup_params=options,
        )
    except (InterfaceError, DatabaseError, OSError) as error:
        raise LabError(str(error)) from error
    return Wire(connection, meter)


class _TooMuch(Exception):
    """The server sends more than an answer may weigh."""


class _Meter:
    """A socket, as the driver takes one, that stops reading when an answer grows past what is left."""

    def __init__(self, address: Address) -> None:
        self.left = ANSWER_BYTES
        self._socket = address.open()

    def makefile(self, mode: str) -> "_MeteredFile":
        """The buffered file that the driver reads and writes."""
        return _MeteredFile(self, self._socket.makefile(mode))  # type: ignore[call-overload]

    def end(self) -> None:
        """Break the connection, so that the server stops sending."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class _MeteredFile:
    """The driver's end of a metered socket."""

    def __init__(self, meter: _Meter, file: BinaryIO) -> None:
        self._meter = meter
        self._file = file
        self.write = file.write
        self.flush = file.flush
        self.close = file.close

    def read(self, size: int) -> bytes:
        """Read so many bytes, if that many are left."""
        self._meter.left -= size
        if self._meter.left < 0:
            raise _TooMuch
        return self._file.read(size)


def quoted(name: str) -> str:
    """A name as an SQL identifier; every name that a stranger chose goes through here."""
    return '"' + name.replace('"', '""') + '"'


def _as_text(values: tuple[object, ...]) -> tuple[object, ...]:
    return tuple("true" if value is True else "false" if value is False else value for value in values)

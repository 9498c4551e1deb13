"""What can go wrong in the lab.

LabError
├── ServerUnavailable   no server could be found or started
├── Refused             the statement is of a kind that is never run here
├── TimedOut            a statement did not finish within its time
├── OutOfLimits         a statement asked for more memory, disk or rows than it may have
└── QueryFailed         the server rejected the statement
"""


class LabError(Exception):
    """Anything that the lab could not do."""


class ServerUnavailable(LabError):
    """No PostgreSQL could be found or started here."""


class Refused(LabError):
    """The statement is of a kind that the lab never runs; `kind` is its reason code."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class TimedOut(LabError):
    """A statement did not finish within `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:g} s")
        self.seconds = seconds


class OutOfLimits(LabError):
    """A statement asked for more than it may have; the message is the server's."""


class QueryFailed(LabError):
    """The server rejected a statement. `position` counts characters of the statement from 1."""

    def __init__(self, sqlstate: str, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.position = position

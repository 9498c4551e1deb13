"""How much a stranger's SQL may use, and which kinds of statement are never run."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from backend_advisor.sql.statement import Statement

MAX_TEXT = 1_000_000
"""Characters beyond which a statement is not run."""

_RUNNABLE = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge)
_NEVER = {
    "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import",
    "lo_export", "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "set_config", "dblink",
    "pg_advisory_lock", "pg_advisory_xact_lock", "pg_logical_emit_message", "pg_stat_reset",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one statement (time, memory, temporary files, rows, bytes) and on the server's folder."""

    statement_seconds: float = 30.0
    work_mem: str = "4MB"
    temporary_files: str = "1GB"
    memory_bytes: int = 1024**3
    rows: int = 10_000
    disk_bytes: int = 8 * 1024**3
    free_disk_bytes: int = 512 * 1024**2
    disk_check_seconds: float = 1.0

    def role_settings(self) -> dict[str, str]:
        """What holds for the role that a stranger's SQL runs as, unless the statement itself changes it."""
        return {
            "statement_timeout": f"{int(self.statement_seconds * 1000)}ms",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "120s",
            "work_mem": self.work_mem,
        }

    def server_settings(self) -> dict[str, str]:
        """What only a superuser could change."""
        return {"temp_file_limit": self.temporary_files, "max_stack_depth": "2MB"}


def refusal(statement: Statement) -> str | None:
    """Why a statement is not run at all, as a reason code; None when it may be."""
    tree = statement.tree
    if len(statement.text) > MAX_TEXT:
        return "size"
    if tree is None:
        return "unparsed"
    if not isinstance(tree, _RUNNABLE):
        return "kind"
    if isinstance(tree, exp.Select) and tree.args.get("into") is not None:
        return "kind"
    names = {call.name.lower() for call in tree.find_all(exp.Anonymous)}
    return "function" if names & _NEVER else None


def cap_memory(data_directory: Path, limits: Limits) -> None:
    """Bound the address space of the server and of every backend it starts from now on, where the system can."""
    try:
        import resource

        prlimit = resource.prlimit
    except (ImportError, AttributeError):
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        process = int((data_directory / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process, 0)
        prlimit(process, resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))

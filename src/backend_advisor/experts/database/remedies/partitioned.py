"""An index on a partitioned table without locking out writes: PostgreSQL does that only partition by partition."""

from collections.abc import Sequence
from dataclasses import replace

from backend_advisor.experts.database.remedies.candidates import create_statement
from backend_advisor.sql.schema import Index

_NAME_BYTES = 63


def partitioned_statements(index: Index, partitions: Sequence[str]) -> str:
    """An invalid index on the parent, one built concurrently on each partition, and each of them attached to it."""
    parent = create_statement(index).replace(f" ON {index.table}", f" ON ONLY {index.table}", 1)
    lines = [parent]
    for partition in partitions:
        name = f"{partition}_{index.name.removeprefix(index.table + '_')}"[:_NAME_BYTES]
        lines.append(create_statement(replace(index, name=name, table=partition), concurrently=True))
        lines.append(f"ALTER INDEX {index.name} ATTACH PARTITION {name};")
    return "\n".join(lines)

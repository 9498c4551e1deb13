"""Products whose SQL is not read here, told by what only they write."""

import re
from functools import cache

_SIGNS = {
    "BigQuery": (
        r"`[\w-]+[.-][\w.-]+`|\bSAFE_CAST\s*\(|\b(?:INT|FLOAT)64\b|\bGENERATE_ARRAY\s*\(|\bSTRUCT<|"
        r"\b(?:DATETIME|TIMESTAMP)_(?:DIFF|TRUNC)\s*\("
    ),
    "Spanner": r"\bTHEN\s+RETURN\b|\bINTERLEAVE\s+IN\s+PARENT\b",
    "ClickHouse": r"\bU?Int(?:8|16|32|64|128)\b|\bNullable\s*\(|\bLowCardinality\s*\(|\bENGINE\s*=\s*\w*MergeTree\b",
    "SAP HANA": r"(?i:\bCREATE\s+COLUMN\s+TABLE\b|\bIMPORT\s+FROM\s+CSV\s+FILE\b)",
    "MonetDB": r"(?i:\bCOPY\s+\d+\s+(?:OFFSET\s+\d+\s+)?RECORDS\s+INTO\b)",
    "Apache Drill": r"\bdfs\.(?:`|\w+\.`)",
    "DuckDB": (
        r"(?i:\bread_(?:csv|csv_auto|parquet|json_auto)\s*\(|^\s*(?:EX|IM)PORT\s+DATABASE\s+')"
    ),
    "Snowflake": r"(?i:\bCOPY\s+INTO\s+[\w.@]+\s+FROM\s+@|\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:STAGE|WAREHOUSE)\b)",
    "Spark SQL": r"(?i:\bUSING\s+(?:DELTA|PARQUET|ORC)\b|\bLATERAL\s+VIEW\b|\bROW\s+FORMAT\s+(?:SERDE|DELIMITED)\b)",
    "Redshift": r"(?i:\b(?:DISTKEY|SORTKEY|DISTSTYLE)\b)",
}  # fmt: skip
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_SCANNED = 50_000


def other_product(text: str) -> str | None:
    """The name of the product whose SQL this is, when it is one that we do not read."""
    head = _COMMENT.sub(" ", text[:_SCANNED])
    return next((name for name, signs in _patterns() if signs.search(head)), None)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(signs, re.MULTILINE)) for name, signs in _SIGNS.items())

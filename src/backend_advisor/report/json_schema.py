"""The published JSON Schema of a report."""

import inspect
from typing import Any

import msgspec

from backend_advisor.model import SCHEMA_VERSION, Report

IDENTIFIER = f"urn:backend-expert-advisor:schema:report:{SCHEMA_VERSION}"


def report_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `Report`, with its version."""
    schema = msgspec.json.schema(Report)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        "title": "Backend Expert Advisor report",
        "version": SCHEMA_VERSION,
        **schema,
    }


def report_schema_text() -> str:
    """The schema as it is printed and published."""
    encoded = msgspec.json.encode(report_schema(), order="deterministic")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"

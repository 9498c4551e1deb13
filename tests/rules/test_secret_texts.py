"""Which texts are secrets, and which only say where one is kept."""

import pytest

from backend_advisor.rules.secret_texts import is_secret


@pytest.mark.parametrize(
    "text",
    ["prod/billing/postgres-password", "shop/api.key", "arn:aws:secretsmanager:eu-north-1:1:secret:db", "$DB_PASSWORD"],
)
def test_a_place_is_no_secret(text: str) -> None:
    assert not is_secret("DB_PASSWORD_SECRET", text)


@pytest.mark.parametrize("text", ["kV8/wq2+Zr1tLp9Xc4", "Tr0ub4dor/mLq7", "hunter2-prod-2024!x"])
def test_a_value_is_one(text: str) -> None:
    assert is_secret("DB_PASSWORD", text)

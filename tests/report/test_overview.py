"""What an answer says in short."""

from backend_advisor.report.overview import sentence


def test_a_sentence_does_not_end_within_code() -> None:
    text = "Ask for it with its owner (`WHERE id = ? AND owner_id = ?`). Then answer 404. More."
    assert sentence(text) == "Ask for it with its owner (`WHERE id = ? AND owner_id = ?`)."

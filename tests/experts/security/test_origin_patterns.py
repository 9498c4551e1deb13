"""Patterns of origins are tried on origins that only look like those meant, unless trying them could take long."""

import pytest

from backend_advisor.experts.security.detectors.origin_patterns import fits_strangers


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (r"https://.*example\.com", True),
        (r"^https://[a-z]+\.example\.com$", False),
        (r"(.*)" * 10 + r"example\.com!", False),
        (r"^https://(([a-z.])+)+example\.com#$", False),
    ],
)
def test_origins_that_look_alike(pattern: str, fits: bool) -> None:
    assert fits_strangers(pattern, "python") == fits

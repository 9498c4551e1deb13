"""Ranking by meaning is an extra: absent, nothing of it is imported; present, both rankings count."""

import subprocess
import sys

import pytest

from backend_advisor.knowledge import load
from backend_advisor.knowledge.semantic import available, fuse

from .conftest import Package

SEARCH = (
    "import sys; from backend_advisor.knowledge import load;"
    "load().search('deadlock', 'en'); print('numpy' in sys.modules)"
)


def test_page_that_both_rankings_like_comes_first() -> None:
    fused = fuse([(1, 0.9), (2, 0.5), (3, 0.1)], [2, 3, 4, 1])
    assert fused[0] == (2, 0.5)
    assert (4, 0.0) in fused
    assert sorted(page for page, _ in fused) == [1, 2, 3, 4]


def test_equal_pages_keep_their_order() -> None:
    assert fuse([(1, 0.5), (2, 0.5)], [2, 1]) == fuse([(2, 0.5), (1, 0.5)], [1, 2])


@pytest.mark.skipif(available(), reason="the extra is installed")
def test_without_the_extra_nothing_is_imported() -> None:
    run = subprocess.run([sys.executable, "-c", SEARCH], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.skipif(not available(), reason="needs the extra")
def test_with_the_extra_search_still_finds(package: Package) -> None:
    assert load(package()).search("데드락", "ko")[0].playbook.code == "DB901"

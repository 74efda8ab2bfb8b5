"""docs/literature.md says what is derived today."""

from .literature_page import PAGE, page


def test_the_page_is_that_of_today() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.derive.literature_page"

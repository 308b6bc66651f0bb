"""The threads of linear algebra."""

import pytest

import flambeau
from flambeau.backends import blas


@pytest.fixture
def threads():
    """Leaves the number of threads as it was."""
    before = blas.get_threads()
    if before is None:
        pytest.skip("this BLAS does not tell its threads")
    yield
    blas.set_threads(before)


def test_the_library_follows(threads):
    for count in (2, 1):
        flambeau.set_num_threads(count)
        assert flambeau.get_num_threads() == count
        assert blas.get_threads() == count


@pytest.mark.parametrize(
    ("count", "error"), [(0, RuntimeError), (-1, RuntimeError), (1.5, TypeError)]
)
def test_numbers_that_are_none(count, error):
    with pytest.raises(error, match="set_num_threads expects"):
        flambeau.set_num_threads(count)

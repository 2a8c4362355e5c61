"""A real PostgreSQL for the tests of the ledger: one cluster, a database for each test that asks."""

import itertools
from collections.abc import Iterator

import pytest

from tests.postgres import Cluster

_NUMBER = itertools.count()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def server(cluster: Cluster) -> str:
    """The URL of an empty database."""
    return cluster.database(f"ledger{next(_NUMBER)}")

"""Which backend serves a model: the first one whose patterns name it."""

import httpx
import pytest

from guard.errors import NotFound
from guard.upstream.backend import BackendAddress, HttpBackend
from guard.upstream.route import Router


def backend(name: str, *models: str) -> HttpBackend:
    address = BackendAddress(name, "http://127.0.0.1:1/v1", models, 1, 1, 1, 1, api_key="a-secret")
    return HttpBackend(address, httpx.MockTransport(lambda request: httpx.Response(200)))


ROUTER = Router([backend("small", "small-*", "tiny"), backend("big", "big-?"), backend("rest", "org/*")])


@pytest.mark.parametrize(
    ("model", "name"),
    [("small-1", "small"), ("tiny", "small"), ("big-1", "big"), ("org/a/b", "rest"), ("org/small-1", "rest")],
)
def test_a_model_goes_to_the_first_backend_that_names_it(model: str, name: str) -> None:
    assert ROUTER.route(model).name == name


@pytest.mark.parametrize("model", ["", "big-10", "Tiny", "small", "tiny2"])
def test_a_model_that_nobody_names_is_not_found(model: str) -> None:
    with pytest.raises(NotFound):
        ROUTER.route(model)


def test_an_address_never_shows_its_key() -> None:
    assert "a-secret" not in repr(backend("x", "*").address)

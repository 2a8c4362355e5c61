"""Which backend serves a model: the first one, in the configuration's order, whose patterns name it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from guard.errors import NotFound, PolicyError
from guard.upstream.backend import HttpBackend


class Router:
    """Chooses among backends by model name."""

    def __init__(self, backends: Sequence[HttpBackend]) -> None:
        self.backends = tuple(backends)

    def route(self, model: str) -> HttpBackend:
        """Raises NotFound when no backend serves the model."""
        for backend in self.backends:
            if any(fnmatchcase(model, pattern) for pattern in backend.address.models):
                return backend
        raise NotFound("No backend serves this model; ask GET /v1/models which there are.")

    def named(self, name: str) -> HttpBackend:
        """Raises PolicyError when there is none of that name: it is a policy that names backends."""
        for backend in self.backends:
            if backend.name == name:
                return backend
        raise PolicyError("The policy routes to a backend that the configuration does not have; ask the operator.")

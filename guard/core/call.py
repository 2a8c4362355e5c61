"""A request to a backend."""

import msgspec


class BackendCall(msgspec.Struct, frozen=True):
    """One request to a backend. `path` is below the backend's `base_url`. `streamed`: the answer begins at once."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None
    streamed: bool = False

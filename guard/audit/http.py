"""Decision logs to an HTTP service, as OPA sends them: a gzipped JSON array, POSTed to `<url>/logs`."""

import gzip
import ssl
from collections.abc import Sequence
from typing import Final

import httpx

from guard.errors import AuditError, AuditRefused, ConfigError

_TIMEOUT_S: Final = 10.0
_TOO_LARGE: Final = 413
_REFUSED: Final = frozenset({400, 422})
"""Statuses that the same events would get again. Others may pass: a service that restarts, a token that is renewed."""


class HttpLog:
    """Sends batches. One thread at a time. Certificates are verified; redirects are not followed."""

    def __init__(self, url: str, token: str | None = None, ca_file: str | None = None) -> None:
        """Opens no connection. Raises ConfigError for a CA file that can't be read."""
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError):
            raise ConfigError(f"ca_file {ca_file!r} can't be read as PEM: name a file of certificates") from None
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._place = url
        self._url = f"{url.rstrip('/')}/logs"
        self._client = httpx.Client(verify=context, headers=headers, timeout=_TIMEOUT_S, trust_env=False)

    def write(self, events: Sequence[bytes]) -> None:
        """Sends all events; halves, if they are too many at once. Raises AuditError, AuditRefused."""
        try:
            answer = self._client.post(self._url, content=gzip.compress(b"[" + b",".join(events) + b"]", 6, mtime=0))
        except httpx.HTTPError as error:
            raise AuditError(f"the decision log's service can't be reached ({type(error).__name__})") from None
        if answer.status_code == _TOO_LARGE and len(events) > 1:
            self.write(events[: len(events) // 2])
            self.write(events[len(events) // 2 :])
        elif answer.status_code == _TOO_LARGE or answer.status_code in _REFUSED:
            raise AuditRefused(f"the decision log's service refuses events (status {answer.status_code})")
        elif not answer.is_success:
            raise AuditError(f"the decision log's service answers with status {answer.status_code}")

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

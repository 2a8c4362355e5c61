"""An OPA server over HTTP: one question, one answer or one failure. It knows nothing of what a decision means.

A question is bounded in seconds from its beginning to its end, an answer in bytes (see `opa_connection`).

Source: https://www.openpolicyagent.org/docs/rest-api
"""

import asyncio
import enum
from typing import Final

import aiohttp
import msgspec

_ABOUT_THE_POLICY: Final = frozenset({400, 500})
"""Statuses with which OPA says that the rules failed on this input: they conflict, or a built-in got a bad value."""

_MOST_REVISION: Final = 128
_NO_REVISION: Final = "opa"


class OpaOptions(msgspec.Struct, frozen=True):
    """Where OPA is and how it is spoken to. `path` is the package that has the entry points, with slashes."""

    url: str
    path: str = "guard"
    token: str | None = None
    ca_file: str | None = None
    timeout_s: float = 1.0


class Reason(enum.Enum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    POLICY = "policy"

    @property
    def is_the_servers(self) -> bool:
        """Whether it speaks against the server. What one input does to the policy does not: strangers choose inputs."""
        return self not in (Reason.POLICY, Reason.TOO_LARGE)


class Failure(msgspec.Struct, frozen=True):
    """A question without an answer."""

    reason: Reason


class Answer(msgspec.Struct, frozen=True):
    """`value` is UNSET if the document is undefined. `revision` names the bundles that OPA answered with."""

    value: object
    revision: str


class _Bundle(msgspec.Struct, frozen=True):
    revision: str = ""


class _Provenance(msgspec.Struct, frozen=True):
    bundles: dict[str, _Bundle] = {}


class _Body(msgspec.Struct, frozen=True):
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    provenance: _Provenance = _Provenance()


class _Compiled(msgspec.Struct, frozen=True):
    result: dict[str, msgspec.Raw]


_BODY: Final = msgspec.json.Decoder(_Body)
_COMPILED: Final = msgspec.json.Decoder(_Compiled)


class OpaClient:
    """Asks one OPA server. Belongs to one event loop; connects at the first question."""

    def __init__(self, options: OpaOptions) -> None:
        """Opens nothing. Raises ConfigError for a CA file that can't be read."""
        # Its library is not imported where no OPA is asked: that takes as long as a tenth of the start.
        from guard.policy.opa_connection import OpaConnection

        self._connection = OpaConnection(options.url, options.token, options.ca_file)
        self._timeout_s = options.timeout_s
        self._path = options.path.strip("/")

    async def ask(self, rule: str, document: bytes) -> Answer | Failure:
        """The value of a rule of the package for an input, in JSON."""
        # Strict: a built-in that fails would be undefined, and a denial that uses it would quietly not fire.
        path = f"/data/{self._path}/{rule}?provenance=true&strict-builtin-errors=true"
        body = await self._post(path, b'{"input":' + document + b"}")
        return body if isinstance(body, Failure) else _answer(body)

    async def defines(self, rule: str) -> bool | Failure:
        """Whether a rule can have a value for any input at all, as far as OPA tells; if it does not, it can.

        A query that is false whatever the input compiles to nothing.
        """
        query = {"query": f"data.{self._path.replace('/', '.')}.{rule}"}
        body = await self._post("/compile", msgspec.json.encode(query))
        if isinstance(body, Failure):
            return body if body.reason in (Reason.UNREACHABLE, Reason.TIMEOUT) else True
        try:
            return bool(_COMPILED.decode(body).result)
        except msgspec.MsgspecError:
            return True

    async def close(self) -> None:
        """Closes every connection."""
        await self._connection.close_connection()

    async def _post(self, path: str, body: bytes) -> bytes | Failure:
        try:
            async with asyncio.timeout(self._timeout_s):
                status, answer = await self._sent(path, body)
        except TimeoutError:
            return Failure(Reason.TIMEOUT)
        except (aiohttp.ClientError, OSError):
            return Failure(Reason.UNREACHABLE)
        if status != 200:
            return Failure(Reason.POLICY if status in _ABOUT_THE_POLICY else Reason.REFUSED)
        return Failure(Reason.TOO_LARGE) if answer is None else answer

    async def _sent(self, path: str, body: bytes) -> tuple[int, bytes | None]:
        try:
            return await self._connection.post(path, body)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError):
                raise
        # The server had closed the connection that was kept. To ask again is safe: a question changes nothing.
        return await self._connection.post(path, body)


def _answer(body: bytes) -> Answer | Failure:
    try:
        decoded = _BODY.decode(body)
        value = msgspec.UNSET if decoded.result is msgspec.UNSET else msgspec.json.decode(decoded.result)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Failure(Reason.MALFORMED)
    return Answer(value, _revision(decoded.provenance.bundles))


def _revision(bundles: dict[str, _Bundle]) -> str:
    if len(bundles) == 1:
        told = next(iter(bundles.values())).revision
    else:
        told = ",".join(f"{name}:{bundle.revision}" for name, bundle in sorted(bundles.items()))
    return "".join(char if char.isprintable() else "?" for char in told[:_MOST_REVISION]) or _NO_REVISION

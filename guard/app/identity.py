"""Builds who may ask: the keys in the configuration, the key store, and tokens of issuers that are trusted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

from guard.config import JwtSettings, Settings
from guard.core.facts import Identity
from guard.core.grant import Bounds, Key
from guard.errors import ConfigError, KeysUnavailable
from guard.ingress.keys import KeyDesk
from guard.metering.key.issuer import Issuer, TokenRules
from guard.metering.key.jwks import PublicKeys, Read, pem_document, usable_keys
from guard.metering.key.store import KeyStore
from guard.metering.key.token import Tokens
from guard.metering.key.watch import WatchedKeys
from guard.ports import Credentials
from guard.runtime.admission import Admission
from guard.upstream.client import open_transport
from guard.upstream.document import RemoteDocument


class Identities:
    """Every kind of credential that the configuration names."""

    def __init__(self, settings: Settings) -> None:
        """Reads the key store, and creates it if there is none. Raises KeyStoreError, ConfigError."""
        path = settings.identity.key_store
        self.store = None if path is None else KeyStore(Path(path))
        self.watched = None if self.store is None else WatchedKeys(self.store)
        self._documents: list[RemoteDocument] = []
        self._issuers = [self._issuer(jwt) for jwt in settings.identity.jwt]
        taken: list[Credentials] = [self.watched] if self.watched is not None else []
        if self._issuers:
            taken.append(Tokens(self._issuers))
        self.admission = Admission(build_keys(settings), settings.limits.exchanges, taken)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows what may change, until it is left."""
        async with AsyncExitStack() as stack:
            for document in self._documents:
                stack.push_async_callback(document.close)
            if self.watched is not None:
                await stack.enter_async_context(self.watched.running())
            for issuer in self._issuers:
                await stack.enter_async_context(issuer.keys.running())
            yield

    def desk(self, settings: Settings) -> KeyDesk:
        """What the admin API works with."""
        taken = {key.name for key in settings.keys}
        return KeyDesk(self.store, self._refresh, self.admission.refusals, taken)

    async def _refresh(self) -> None:
        if self.watched is not None:
            await self.watched.refresh()

    def _issuer(self, jwt: JwtSettings) -> Issuer:
        return Issuer(_rules(jwt), PublicKeys(self._reader(jwt), jwt.algorithms, jwt.issuer))

    def _reader(self, jwt: JwtSettings) -> Read:
        """Reads the issuer's keys. A file is tried at once: a wrong one is the operator's mistake."""
        if jwt.jwks_url is not None:
            document = RemoteDocument(jwt.jwks_url, open_transport(jwt.ca_file))
            self._documents.append(document)
            return document.read
        file = _KeyFile(Path(jwt.jwks_file or jwt.key_file or ""), jwt.algorithms, pem=jwt.key_file is not None)
        if not usable_keys(file.content(), jwt.algorithms):
            raise ConfigError(
                f"identity.jwt: {file.path} has no public key for {', '.join(jwt.algorithms)}; correct it"
            )
        return file.read


class _KeyFile:
    """A file of keys, as a JWKS."""

    def __init__(self, path: Path, algorithms: tuple[str, ...], *, pem: bool) -> None:
        self.path = path
        self._algorithms = algorithms
        self._pem = pem

    async def read(self) -> bytes:
        """What lies there now. Raises KeysUnavailable."""
        return await asyncio.to_thread(self.content)

    def content(self) -> bytes:
        """The same; blocks."""
        try:
            data = self.path.read_bytes()
        except OSError:
            raise KeysUnavailable("A token issuer's file of keys can't be read: check identity.jwt.") from None
        return pem_document(data, self._algorithms[0]) if self._pem else data


def _rules(jwt: JwtSettings) -> TokenRules:
    return TokenRules(
        issuer=jwt.issuer,
        audience=jwt.audience,
        algorithms=jwt.algorithms,
        tenant_claim=jwt.tenant_claim,
        tier_claim=jwt.tier_claim,
        tier=jwt.tier,
        key_claim=jwt.key_claim,
        claims=jwt.claims,
        leeway_s=jwt.leeway_s,
        bounds=Bounds(jwt.scopes, jwt.models, tuple(map(ip_network, jwt.networks))),
    )


def build_keys(settings: Settings) -> tuple[Key, ...]:
    """The keys in the configuration."""
    return tuple(Key(key.sha256, Identity(tenant=key.tenant, key=key.name, tier=key.tier)) for key in settings.keys)

"""Builds what looks into texts by rule: patterns, recognizers, a user's own rules, and what hides what they find."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from guard.config import (
    RecognizerSettings,
    SecretSettings,
    Settings,
)
from guard.core.taxonomy import GROUP_OF
from guard.errors import ConfigError
from guard.pii.pseudonym.form import patterns as placeholder_patterns
from guard.pii.pseudonym.keyring import Keyring, Scope
from guard.pii.pseudonym.label import labels_of
from guard.pii.pseudonym.vault import Vaults
from guard.pii.table import NAMED
from guard.pii.table import PATTERNS as PII_PATTERNS
from guard.runtime.parts import LeakRule
from guard.runtime.telemetry import leave_out
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern
from guard.scan.store import DatabaseStore
from guard.security.gitleaks.file import Loaded, read_gitleaks
from guard.security.prompt_rule import leak_rule
from guard.security.table import PATTERNS as SECURITY_PATTERNS


def build_engine(
    recognizers: RecognizerSettings | None = None,
    secrets: SecretSettings | None = None,
    store: DatabaseStore | None = None,
) -> PatternEngine:
    """The pattern engine with every detector of Guard's, and with the recognizers and rules that are asked for.

    `store`: where what is compiled may be had from, and is kept.
    """
    own = tuple(pattern for file in gitleaks_files(secrets) for pattern in file.patterns)
    values = (*PII_PATTERNS, *NAMED, *SECURITY_PATTERNS, *own, *recognized(recognizers))
    labels = labels_of((*GROUP_OF, *(pattern.type for pattern in values)))
    return PatternEngine((*values, *placeholder_patterns(labels)), version="1", store=store)


def gitleaks_files(chosen: SecretSettings | None) -> Sequence[Loaded]:
    """The rules of the files in gitleaks' format, and what of each is left out. Raises ConfigError."""
    files = tuple(read_gitleaks(Path(file)) for file in (chosen.gitleaks if chosen is not None else ()))
    leave_out(tuple(statement for file in files for statement in file.left_out))
    return files


def recognized(chosen: RecognizerSettings | None) -> Sequence[Pattern]:
    """The patterns of recognizers that are asked for. Raises ConfigError.

    Presidio is imported for them alone: that takes a second and 80 MiB.
    """
    if chosen is None or not (chosen.presidio or chosen.countries or chosen.files or chosen.plugins):
        return ()
    from guard.pii.presidio.choice import Choice, chosen_patterns

    return chosen_patterns(
        Choice(chosen.presidio, chosen.countries, chosen.without, chosen.files, chosen.plugins, chosen.threshold)
    )


def build_leak_rule(settings: Settings) -> LeakRule:
    try:
        return leak_rule(tuple(canary.reveal() for canary in settings.canaries))
    except ValueError as error:
        raise ConfigError(f"canaries: {error}; write other ones") from None


def build_vaults(settings: Settings) -> Vaults:
    chosen = settings.pseudonyms
    secret = secrets.token_bytes(32) if chosen.secret is None else chosen.secret.reveal().encode()
    try:
        return Vaults(Keyring(secret, Scope(chosen.scope)))
    except ValueError as error:
        raise ConfigError(f"pseudonyms.secret: {error}; generate a longer one, for example 64 random digits") from None

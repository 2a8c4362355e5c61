"""Every secret: those with a provider's form, family by family, and those that are seen behind a name."""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret import (
    ai,
    assignment,
    cloud,
    connection,
    identity,
    messaging,
    observability,
    package_registry,
    payment,
    source_control,
)

FORMS: Final[tuple[Pattern, ...]] = (
    *cloud.PATTERNS,
    *ai.PATTERNS,
    *source_control.PATTERNS,
    *package_registry.PATTERNS,
    *payment.PATTERNS,
    *messaging.PATTERNS,
    *observability.PATTERNS,
    *identity.PATTERNS,
)
"""Those with a form of a provider's."""

PATTERNS: Final[tuple[Pattern, ...]] = (*FORMS, *assignment.PATTERNS, *connection.PATTERNS)

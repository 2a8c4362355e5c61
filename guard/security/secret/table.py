"""Every secret with a provider's form, family by family."""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret import (
    ai,
    cloud,
    identity,
    messaging,
    observability,
    package_registry,
    payment,
    source_control,
)

PATTERNS: Final[tuple[Pattern, ...]] = (
    *cloud.PATTERNS,
    *ai.PATTERNS,
    *source_control.PATTERNS,
    *package_registry.PATTERNS,
    *payment.PATTERNS,
    *messaging.PATTERNS,
    *observability.PATTERNS,
    *identity.PATTERNS,
)

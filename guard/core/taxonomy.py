"""Which group each finding type belongs to, and how severe it is. One name for one thing, everywhere.

Names follow Presidio's entity types, the OWASP LLM Top 10, Unicode TR36/TR39 and MLCommons' hazard classes.
"""

from types import MappingProxyType
from typing import Final

GROUP_OF: Final = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "PERSON",
                "EMAIL_ADDRESS",
                "PHONE_NUMBER",
                "STREET_ADDRESS",
                "IP_ADDRESS",
                "MAC_ADDRESS",
                "URL",
                "USERNAME",
            ),
            "pii.direct",
        ),
        **dict.fromkeys(
            ("CREDIT_CARD", "IBAN_CODE", "US_BANK_NUMBER", "CRYPTO", "SWIFT_CODE", "ABA_ROUTING_NUMBER"),
            "pii.financial",
        ),
        **dict.fromkeys(
            (
                "MEDICAL_LICENSE",
                "MEDICAL_RECORD",
                "HEALTH_INSURANCE_ID",
                "AU_MEDICARE",
                "DE_BSNR",
                "DE_HEALTH_INSURANCE",
                "DE_LANR",
                "US_CLAIM_NUMBER",
                "US_HEALTH_INSURANCE_MEMBER_ID",
                "US_MBI",
                "US_NPI",
                "US_PRESCRIPTION_NUMBER",
                "US_PRIOR_AUTHORIZATION_NUMBER",
                "US_REFERRAL_NUMBER",
            ),
            "pii.health",
        ),
        **dict.fromkeys(
            (
                "LOCATION",
                "ORGANIZATION",
                "NRP",
                "DATE_TIME",
                "AGE",
                "CA_POSTAL_CODE",
                "DE_PLZ",
                "UK_POSTCODE",
                "UUID",
            ),
            "pii.quasi",
        ),
    }
)

_COUNTRIES: Final = "AU CA DE ES FI IN IT KR NG PH PL SE SG TH TR UK US ZA"

_GROUP_BY_PREFIX: Final = (
    ("SECRET_", "secret"),
    ("INJECTION_", "injection"),
    ("HIDDEN_", "hidden"),
    ("OUTPUT_", "output"),
    ("UNSAFE_", "unsafe"),
    ("TOOL_", "tool"),
    ("POLICY_", "policy"),
    ("LIMIT_", "limit"),
    *((f"{country}_", "pii.government") for country in _COUNTRIES.split()),
)

_SEVERITY: Final = MappingProxyType(
    {
        "secret": 4,
        "pii.financial": 3,
        "pii.government": 3,
        "pii.health": 3,
        "injection": 3,
        "unsafe": 3,
        "pii.direct": 2,
        "output": 2,
        "tool": 2,
        "hidden": 2,
        "policy": 2,
        "limit": 1,
        "pii.quasi": 1,
    }
)

GROUPS: Final = frozenset(_SEVERITY)

PSEUDONYM: Final = "PSEUDONYM"
"""Text that looks like a pseudonym of Guard's own. It is no finding that a policy decides on."""

CLASSIFIERS: Final = ("injection", "unsafe")
"""The scores that models give a text. Each is also the group of the finding types that its score stands for."""


def group_of(type_: str) -> str:
    """The group of a finding type; an unknown type is its own group, in lower case."""
    known = GROUP_OF.get(type_)
    if known is not None:
        return known
    for prefix, group in _GROUP_BY_PREFIX:
        if type_.startswith(prefix):
            return group
    return type_.lower()


def severity_of(type_: str) -> int:
    """0 (none) to 4 (critical)."""
    return _SEVERITY.get(group_of(type_), 2)

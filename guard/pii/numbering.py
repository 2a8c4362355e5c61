"""Numbering plans: which telephone numbers there can be, by country code (ITU-T E.164).

The plans are those of `phonenumbers` (Google's metadata, offline). They are read directly: the library's own parser
costs too much for every group of digits that a stranger may send.
"""

import re
from functools import cache

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata


class Plan(msgspec.Struct, frozen=True):
    """One country code's national numbers: the lengths they have, and the forms of those that can be in use."""

    lengths: frozenset[int]
    forms: tuple[re.Pattern[str], ...]

    def is_possible(self, national: str) -> bool:
        """Whether a number of the plan could have as many digits. Numbers set aside for fiction are possible."""
        return len(national) in self.lengths

    def is_valid(self, national: str) -> bool:
        """Whether a number of the plan could look like that."""
        return self.is_possible(national) and any(form.fullmatch(national) for form in self.forms)


@cache
def plan_of(region: str) -> Plan:
    """The plan of one region by its ISO 3166 code. Raises KeyError for a region that has none."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise KeyError(region)
    return _merged((metadata,))


@cache
def _plan_behind(code: int) -> Plan | None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    found = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]
    known = tuple(metadata for metadata in found if metadata is not None)
    return _merged(known) if known else None


def split_code(e164: str) -> tuple[Plan, str] | None:
    """The plan and the national number of an international number's digits; None if no country has its code."""
    for width in (1, 2, 3):
        plan = _plan_behind(int(e164[:width]))
        if plan is not None:
            return plan, e164[width:]
    return None


def _merged(regions: tuple[PhoneMetadata, ...]) -> Plan:
    described = [region.general_desc for region in regions if region.general_desc is not None]
    return Plan(
        lengths=frozenset(length for desc in described for length in desc.possible_length if length > 0),
        forms=tuple(re.compile(desc.national_number_pattern or "") for desc in described),
    )

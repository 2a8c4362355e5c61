# Tests of HIPAA. The table has the 18 identifiers of 45 CFR 164.514(b)(2)(i) with the types that stand for them.
package guard_test.hipaa_test

import data.guard
import data.guard.packs.hipaa

read := [{"name": "pattern", "status": "OK"}, {"name": "names", "status": "OK"}]

codes(said) := {denial.code | some denial in said.deny}

identifiers := {
	"A names": ["PERSON"],
	"B places smaller than a state": ["STREET_ADDRESS", "LOCATION"],
	"C dates and ages": ["DATE_TIME", "AGE"],
	"D telephone numbers": ["PHONE_NUMBER"],
	"F electronic mail addresses": ["EMAIL_ADDRESS"],
	"G social security numbers": ["US_SSN"],
	"H medical record numbers": ["MEDICAL_RECORD"],
	"I health plan beneficiary numbers": ["US_MBI", "US_HEALTH_INSURANCE_MEMBER_ID", "HEALTH_INSURANCE_ID"],
	"J account numbers": ["US_BANK_NUMBER", "CREDIT_CARD", "IBAN_CODE"],
	"K certificate and license numbers": ["US_DRIVER_LICENSE", "MEDICAL_LICENSE", "US_NPI"],
	"M device identifiers": ["MAC_ADDRESS"],
	"N URLs": ["URL"],
	"O IP addresses": ["IP_ADDRESS"],
	"R other unique numbers": ["UUID", "USERNAME", "US_PASSPORT", "US_PRESCRIPTION_NUMBER"],
}

# All of these types are of the family pii, see docs/detectors.md.
test_every_identifier_is_redacted_and_can_not_be_turned_back if {
	count(identifiers) == 14
	hipaa.request.actions.pii == "redact"
	hipaa.request.styles.pii == "mask"
}

test_nothing_is_shown_or_let_through_unread if {
	hipaa.request.release == "held"
	hipaa.request.on_failure == "block"
	hipaa.request.parameters.force.store == false
}

test_a_known_user_sends_text_that_was_read if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as []
		with input.identity as {"tenant": "clinic", "key": "ward"}
	codes(said) == set()
}

test_a_photograph_is_denied if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as [{"kind": "image"}]
		with input.identity as {"tenant": "clinic", "key": "ward"}
	codes(said) == {"hipaa_media"}
}

test_media_that_the_settings_allow_pass if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as [{"kind": "file"}]
		with input.identity as {"tenant": "clinic", "key": "ward"}
		with data.guard.packs.hipaa.settings.media as ["file"]
	codes(said) == set()
}

test_a_request_whose_names_were_not_looked_for_is_denied if {
	said := hipaa.request with input.engines as [{"name": "pattern", "status": "OK"}]
		with input.media as []
		with input.identity as {"tenant": "clinic", "key": "ward"}
	codes(said) == {"hipaa_not_inspected"}
}

test_a_user_whose_token_lacks_a_claim_is_denied if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as []
		with input.identity as {"tenant": "clinic", "key": "ward", "claims": {}}
		with data.guard.packs.hipaa.settings.claims as ["sub"]
	codes(said) == {"hipaa_user_unknown"}
}

test_a_user_whose_token_has_it_is_not if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as []
		with input.identity as {"tenant": "clinic", "key": "ward", "claims": {"sub": "u1"}}
		with data.guard.packs.hipaa.settings.claims as ["sub"]
	codes(said) == set()
}

test_a_request_without_any_of_these_is_denied_for_each if {
	said := hipaa.request with input.model as "any-model"
	codes(said) == {"hipaa_not_inspected", "hipaa_media", "hipaa_user_unknown"}
}

test_a_request_without_a_key_is_denied if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as []
		with input.identity as {"tenant": "clinic"}
	codes(said) == {"hipaa_user_unknown"}
}

test_a_request_without_a_kind_of_media_is_denied if {
	engines := read
	said := hipaa.request with input.engines as engines
		with input.media as [{}]
		with input.identity as {"tenant": "clinic", "key": "ward"}
	codes(said) == {"hipaa_media"}
}

test_a_request_stays_with_business_associates if {
	decision := guard.request with input.backend as "elsewhere"
		with data.guard.settings.packs as ["hipaa"]
		with data.guard.packs.hipaa.settings.backends as ["clinic-cloud"]
	decision.packs.backends.route.backend == "clinic-cloud"
}

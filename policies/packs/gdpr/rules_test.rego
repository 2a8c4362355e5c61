# Tests of the GDPR.
package guard_test.gdpr_test

import data.guard
import data.guard.packs.gdpr

read := [{"name": "pattern", "status": "OK"}, {"name": "names", "status": "OK"}]

codes(said) := {denial.code | some denial in said.deny}

actions := [
	{"article": "5(1)(c)", "scope": "pii.direct", "action": "redact"},
	{"article": "5(1)(c)", "scope": "pii.financial", "action": "redact"},
	{"article": "87", "scope": "pii.government", "action": "redact"},
	{"article": "9(1)", "scope": "pii.health", "action": "redact"},
	{"article": "9(1)", "scope": "NRP", "action": "redact"},
	{"article": "8", "scope": "AGE", "action": "redact"},
	{"article": "25", "scope": "pii.quasi", "action": "flag"},
]

test_what_identifies_people_is_redacted if {
	every row in actions {
		gdpr.request.actions[row.scope] == row.action
	}
}

test_backends_see_pseudonyms if {
	said := gdpr.request with input.dialect as "openai.chat"
	said.prompt_styles.pii == "placeholder"
	said.answer_styles.pii == "mask"
}

test_embeddings_see_digests if {
	said := gdpr.request with input.dialect as "openai.embeddings"
	said.prompt_styles.pii == "hash"
}

test_backends_are_told_to_keep_nothing if {
	gdpr.request.parameters.force.store == false
	gdpr.request.on_failure == "block"
}

test_a_request_that_was_read_passes if {
	engines := read
	said := gdpr.request with input.engines as engines
	codes(said) == set()
	said.labels.gdpr_transfers == "unconfined"
}

test_a_request_whose_names_were_not_looked_for_is_denied if {
	said := gdpr.request with input.engines as [{"name": "pattern", "status": "OK"}, {"name": "names", "status": "ERROR"}]
	codes(said) == {"gdpr_not_inspected"}
}

test_a_request_without_engines_is_denied if {
	said := gdpr.request with input.model as "any-model"
	codes(said) == {"gdpr_not_inspected"}
}

test_a_known_purpose_passes if {
	engines := read
	said := gdpr.request with input.engines as engines
		with input.identity.claims as {"purpose": "support"}
		with data.guard.packs.gdpr.settings.purposes as ["support"]
	codes(said) == set()
}

test_an_unknown_purpose_is_denied if {
	engines := read
	said := gdpr.request with input.engines as engines
		with input.identity.claims as {"purpose": "profiling"}
		with data.guard.packs.gdpr.settings.purposes as ["support"]
	codes(said) == {"gdpr_purpose"}
}

test_a_request_without_a_purpose_is_denied if {
	engines := read
	said := gdpr.request with input.engines as engines
		with data.guard.packs.gdpr.settings.purposes as ["support"]
	codes(said) == {"gdpr_purpose"}
}

test_a_request_stays_where_it_may_go_and_the_audit_says_so if {
	decision := guard.request with input.backend as "virginia"
		with data.guard.settings.packs as ["gdpr"]
		with data.guard.packs.gdpr.settings.backends as ["frankfurt", "dublin"]
	decision.packs.backends.route.backend == "frankfurt"
	decision.packs.gdpr.labels.gdpr_transfers == "confined"
}

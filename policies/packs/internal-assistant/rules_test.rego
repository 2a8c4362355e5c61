# Tests of the assistant for staff.
package guard_test.internal_assistant_test

import data.guard
import data.guard.packs.internal_assistant

codes(said) := {denial.code | some denial in said.deny}

actions := [
	{"scope": "secret", "action": "block"},
	{"scope": "pii.direct", "action": "redact"},
	{"scope": "pii.health", "action": "redact"},
	{"scope": "PERSON", "action": "allow"},
	{"scope": "unsafe", "action": "flag"},
]

test_secrets_stop_and_colleagues_keep_their_names if {
	every row in actions {
		internal_assistant.request.actions[row.scope] == row.action
	}
}

test_values_come_back_to_who_asks if {
	said := internal_assistant.request with input.dialect as "openai.chat"
	said.prompt_styles.pii == "placeholder"
	said.prompt_styles.INTERNAL_HOST == "placeholder"
}

test_embeddings_see_digests if {
	said := internal_assistant.request with input.dialect as "openai.embeddings"
	said.prompt_styles == {"pii": "hash", "INTERNAL_HOST": "hash", "INTERNAL_PROJECT": "hash"}
}

test_backends_are_told_to_keep_nothing if {
	internal_assistant.request.parameters.force.store == false
}

test_everybody_is_staff_at_first if {
	said := internal_assistant.request with input.identity.tenant as "anybody"
	codes(said) == set()
}

test_staff_may_ask if {
	said := internal_assistant.request with input.identity.tenant as "staff"
		with data.guard.packs.internal_assistant.settings.tenants as ["staff"]
	codes(said) == set()
}

test_others_may_not if {
	said := internal_assistant.request with input.identity.tenant as "shop"
		with data.guard.packs.internal_assistant.settings.tenants as ["staff"]
	codes(said) == {"internal_assistant_staff_only"}
}

test_a_request_without_a_tenant_is_denied if {
	said := internal_assistant.request with input.model as "any-model"
		with data.guard.packs.internal_assistant.settings.tenants as ["staff"]
	codes(said) == {"internal_assistant_staff_only"}
}

test_a_request_stays_inside if {
	decision := guard.request with input.backend as "elsewhere"
		with data.guard.settings.packs as ["internal-assistant"]
		with data.guard.packs.internal_assistant.settings.backends as ["local"]
	decision.packs.backends.route.backend == "local"
}

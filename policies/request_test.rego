# Tests of the starter policy: guard policy test policies
package guard_test

import data.guard

sensitive := {"pii.direct", "pii.financial", "pii.government", "pii.health", "secret"}

test_personal_data_and_secrets_are_redacted if {
	decision := guard.request with input.model as "any-model"
	every group in sensitive {
		decision.actions[group] == "redact"
	}
}

test_answers_are_treated_as_prompts_are if {
	decision := guard.request with input.model as "any-model"
	decision.prompt_actions == {}
	decision.answer_actions == {}
}

test_hidden_text_is_flagged if {
	decision := guard.request with input.model as "any-model"
	decision.actions.hidden == "flag"
}

test_smuggling_members_are_blocked if {
	decision := guard.request with input.members as ["documents"]
	decision.actions.POLICY_MEMBER == "block"
	count(decision.members) == 0
}

test_listed_members_are_let_through if {
	decision := guard.request with input.members as ["documents"] with data.guard.settings.members as ["documents"]
	"documents" in decision.members
}

test_an_exception_holds_for_answers_alone if {
	decision := guard.request with data.guard.settings.answer_actions as {"EMAIL_ADDRESS": "allow"}
	decision.answer_actions.EMAIL_ADDRESS == "allow"
	not decision.prompt_actions.EMAIL_ADDRESS
}

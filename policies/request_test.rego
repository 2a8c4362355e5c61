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

test_personal_data_in_answers_is_treated_as_in_prompts if {
	decision := guard.request with input.model as "any-model"
	exceptions := object.keys(decision.prompt_actions) | object.keys(decision.answer_actions)
	count(exceptions & sensitive) == 0
}

test_an_attack_in_a_prompt_is_blocked_and_one_in_a_tool_result_is_cut_out if {
	decision := guard.request with input.model as "any-model"
	decision.prompt_actions.injection == "block"
	decision.prompt_actions.INJECTION_INDIRECT == "redact"
}

test_unsafe_content_is_flagged if {
	decision := guard.request with input.model as "any-model"
	decision.actions.unsafe == "flag"
}

test_links_that_carry_data_out_are_cut_from_answers if {
	decision := guard.request with input.model as "any-model"
	decision.answer_actions.OUTPUT_EXFIL_LINK == "redact"
}

test_answers_wait_for_the_classifiers if {
	decision := guard.request with input.model as "any-model"
	decision.release == "held"
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

test_values_in_prompts_become_placeholders_that_the_answer_turns_back if {
	decision := guard.request with input.dialect as "openai.chat"
	decision.prompt_styles.pii == "placeholder"
	decision.prompt_styles.secret == "placeholder"
}

test_values_in_embeddings_are_masked if {
	decision := guard.request with input.dialect as "openai.embeddings"
	count(decision.prompt_styles) == 0
}

test_further_keys_are_a_part_of_the_decision if {
	decision := guard.request with data.guard.settings.further as {"limits": {"max_tokens": 10}}
	decision.limits.max_tokens == 10
}

test_the_decision_says_no_more_than_it_has_to if {
	decision := guard.request with input.model as "any-model"
	count(object.keys(decision) & {"route", "limits", "parameters", "require_approval"}) == 0
}

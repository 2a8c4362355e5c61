# Tests of requests that offer tools.
package guard_test.agents_test

import data.guard.packs.agents

test_a_request_may_offer_some_tools if {
	said := agents.request with input.tools as ["read_web", "send_mail"]
	count(said.deny) == 0
}

test_a_request_may_not_offer_more_than_the_settings_say if {
	said := agents.request with input.tools as ["read_web", "send_mail"]
		with data.guard.packs.agents.settings.max_tools as 1
	codes(said) == {"agents_too_many_tools"}
}

test_a_request_without_a_list_of_tools_is_denied if {
	said := agents.request with input.model as "any-model"
	codes(said) == {"agents_too_many_tools"}
}

test_orders_in_a_tools_result_are_cut_out if {
	agents.request.prompt_actions.INJECTION_INDIRECT == "redact"
	agents.request.answer_actions.OUTPUT_EXFIL_LINK == "redact"
}

# Tests of logging under the AI Act.
package guard_test.eu_ai_act_logging_test

import data.guard.packs.eu_ai_act_logging

codes(said) := {denial.code | some denial in said.deny}

test_every_finding_is_recorded if {
	eu_ai_act_logging.request.actions["*"] == "flag"
}

test_the_log_names_system_and_retention if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank", "key": "scoring"}
	said.labels.eu_ai_act_system == "ai-system"
	said.labels.eu_ai_act_retention_days == "183"
	codes(said) == set()
}

test_a_request_without_an_identity_is_denied if {
	said := eu_ai_act_logging.request with input.model as "any-model"
	codes(said) == {"eu_ai_act_not_traceable"}
	count(said.deny) == 2
}

test_a_request_without_a_key_is_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank"}
	{denial.message | some denial in said.deny} == {"it is not known who asks: key is missing"}
}

test_a_request_of_a_tenant_without_a_name_is_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "", "key": "scoring"}
	codes(said) == {"eu_ai_act_not_traceable"}
}

test_a_request_without_the_claim_that_is_asked_for_is_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank", "key": "scoring"}
		with data.guard.packs.eu_ai_act_logging.settings.claims as ["sub"]
	{denial.message | some denial in said.deny} == {"it is not known who asks: sub is missing"}
}

test_a_request_with_no_identity_lacks_its_claims if {
	said := eu_ai_act_logging.request with input.model as "any-model"
		with data.guard.packs.eu_ai_act_logging.settings.claims as ["sub"]
	count(said.deny) == 3
}

test_a_system_without_a_name_is_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank", "key": "scoring"}
		with data.guard.packs.eu_ai_act_logging.settings.system as ""
	codes(said) == {"eu_ai_act_no_system"}
}

test_logs_that_are_kept_for_less_than_six_months_are_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank", "key": "scoring"}
		with data.guard.packs.eu_ai_act_logging.settings.retention_days as 90
	codes(said) == {"eu_ai_act_kept_too_short"}
}

test_logs_that_are_kept_without_a_number_of_days_are_denied if {
	said := eu_ai_act_logging.request with input.identity as {"tenant": "bank", "key": "scoring"}
		with data.guard.packs.eu_ai_act_logging.settings.retention_days as "long"
	codes(said) == {"eu_ai_act_kept_too_short"}
}

# Tests of the OWASP Top 10 for LLM applications. The table has a row for each finding that a risk shows itself by.
package guard_test.owasp_llm_top10_test

import data.guard.packs.owasp_llm_top10

read := [{"name": "pattern", "status": "OK"}, {"name": "injection", "status": "OK"}]

codes(said) := {denial.code | some denial in said.deny}

risks := [
	{"risk": "LLM01", "of": "prompt_actions", "scope": "injection", "action": "block"},
	{"risk": "LLM01", "of": "prompt_actions", "scope": "INJECTION_INDIRECT", "action": "redact"},
	{"risk": "LLM02", "of": "actions", "scope": "secret", "action": "redact"},
	{"risk": "LLM02", "of": "actions", "scope": "pii.direct", "action": "redact"},
	{"risk": "LLM05", "of": "answer_actions", "scope": "OUTPUT_DANGEROUS_CODE", "action": "redact"},
	{"risk": "LLM05", "of": "answer_actions", "scope": "OUTPUT_UNSAFE_URL", "action": "redact"},
	{"risk": "LLM05", "of": "answer_actions", "scope": "OUTPUT_EXFIL_LINK", "action": "redact"},
	{"risk": "LLM07", "of": "answer_actions", "scope": "OUTPUT_PROMPT_LEAK", "action": "redact"},
	{"risk": "LLM08", "of": "actions", "scope": "hidden", "action": "redact"},
]

test_findings_of_each_risk_are_acted_on if {
	every row in risks {
		owasp_llm_top10.request[row.of][row.scope] == row.action
	}
}

test_an_answer_has_an_end if {
	owasp_llm_top10.request.limits.max_tokens == 4096
	owasp_llm_top10.request.parameters.max.n == 4
}

test_a_usual_request_passes if {
	engines := read
	said := owasp_llm_top10.request with input.engines as engines
		with input.tools as ["search"]
		with input.choices as 1
	codes(said) == set()
}

test_a_request_whose_attacks_were_not_looked_for_is_denied if {
	said := owasp_llm_top10.request with input.engines as [{"name": "pattern", "status": "OK"}]
		with input.tools as []
		with input.choices as 1
	codes(said) == {"owasp_not_inspected"}
}

test_a_model_that_is_not_listed_is_denied if {
	engines := read
	said := owasp_llm_top10.request with input.engines as engines
		with input.tools as []
		with input.choices as 1
		with input.model as "from-somewhere"
		with data.guard.packs.owasp_llm_top10.settings.models as ["checked"]
	codes(said) == {"owasp_model_not_listed"}
}

test_a_model_that_is_listed_passes if {
	engines := read
	said := owasp_llm_top10.request with input.engines as engines
		with input.tools as []
		with input.choices as 1
		with input.model as "checked"
		with data.guard.packs.owasp_llm_top10.settings.models as ["checked"]
	codes(said) == set()
}

test_too_much_is_denied if {
	engines := read
	said := owasp_llm_top10.request with input.engines as engines
		with input.tools as ["a", "b"]
		with input.choices as 5
		with data.guard.packs.owasp_llm_top10.settings.max_tools as 1
	codes(said) == {"owasp_too_many_tools", "owasp_too_many_choices"}
}

test_a_request_without_any_of_these_is_denied_for_each if {
	said := owasp_llm_top10.request with input.stream as true
		with data.guard.packs.owasp_llm_top10.settings.models as ["checked"]
	codes(said) == {
		"owasp_not_inspected", "owasp_model_not_listed",
		"owasp_too_many_tools", "owasp_too_many_choices",
	}
}

test_a_call_as_it_was_offered_is_made if {
	said := owasp_llm_top10.tool with input.tool as {"name": "search", "offered": true, "valid": true}
	codes(said) == set()
}

test_a_call_of_what_was_not_offered_is_denied if {
	said := owasp_llm_top10.tool with input.tool as {"name": "search", "offered": false, "valid": true}
	codes(said) == {"owasp_tool_not_offered"}
}

test_a_call_without_a_word_on_offer_and_schema_is_denied if {
	said := owasp_llm_top10.tool with input.tool as {"name": "search"}
	codes(said) == {"owasp_tool_not_offered", "owasp_tool_arguments"}
}

# Tests of tool calls. A table's row has what was called before, and the codes of the denials of a mail or a payment.
package guard_test.agents_test

import data.guard.packs.agents

from_user := [{"path": "$.to", "source": "user", "tool": "", "untrusted": false}]

web := {"name": "read_web", "offered": true, "answered": true, "findings": [], "untrusted": false}

attack := {"name": "list_files", "answered": true, "findings": ["INJECTION_INDIRECT"], "untrusted": true}

files := {"name": "list_files", "offered": true, "answered": true, "findings": [], "untrusted": false}

mail := {"name": "send_mail", "offered": true, "valid": true, "arguments": {"to": "ada@example.com", "body": "Hello"}}

codes(said) := {denial.code | some denial in said.deny}

test_mail_that_the_user_asked_for_is_sent if {
	the_mail := mail
	the_sources := from_user
	calls := [files]
	said := agents.tool with input.tool as the_mail with input.calls as calls with input.sources as the_sources
	codes(said) == set()
	said.require_approval == false
}

test_no_mail_after_reading_the_web if {
	the_mail := mail
	the_sources := from_user
	calls := [files, web]
	said := agents.tool with input.tool as the_mail with input.calls as calls with input.sources as the_sources
	codes(said) == {"agents_sends_after_outside"}
}

test_no_mail_after_a_result_that_looks_like_an_attack if {
	the_mail := mail
	the_sources := from_user
	calls := [attack]
	said := agents.tool with input.tool as the_mail with input.calls as calls with input.sources as the_sources
	codes(said) == {"agents_after_attack"}
}

test_no_mail_to_an_address_that_a_tool_named if {
	the_mail := mail
	calls := [files]
	said := agents.tool with input.tool as the_mail
		with input.calls as calls
		with input.sources as [{"path": "$.to", "source": "tool", "tool": "list_files", "untrusted": false}]
	codes(said) == {"agents_chosen_by_a_tool"}
}

test_no_mail_to_an_address_that_the_model_made_up if {
	the_mail := mail
	said := agents.tool with input.tool as the_mail with input.calls as [] with input.sources as []
	codes(said) == {"agents_chosen_by_a_tool"}
}

test_an_address_that_the_user_named_may_stand_in_a_result_too if {
	the_mail := mail
	calls := [files]
	said := agents.tool with input.tool as the_mail
		with input.calls as calls
		with input.sources as [
			{"path": "$.to", "source": "tool", "tool": "list_files", "untrusted": false},
			{"path": "$.to", "source": "user", "tool": "", "untrusted": false},
		]
	codes(said) == set()
}

test_one_of_several_addresses_that_a_tool_named_is_enough_to_deny if {
	the_mail := mail
	calls := [files]
	said := agents.tool with input.tool as the_mail
		with input.calls as calls
		with input.sources as [
			{"path": "$.to[0]", "source": "user", "tool": "", "untrusted": false},
			{"path": "$.to[1]", "source": "tool", "tool": "list_files", "untrusted": false},
		]
	codes(said) == {"agents_chosen_by_a_tool"}
}

test_reading_on_is_allowed_after_reading_the_web if {
	calls := [web, web]
	said := agents.tool with input.tool as {"name": "read_web", "offered": true, "valid": true, "arguments": {}}
		with input.calls as calls
		with input.sources as []
	codes(said) == set()
}

test_a_payment_waits_for_a_person_and_is_bounded if {
	said := agents.tool with input.tool as {"name": "pay", "offered": true, "valid": true, "arguments": {"amount": 5}}
		with input.calls as []
		with input.sources as []
	codes(said) == set()
	said.require_approval.reason == "pay can't be taken back"
	said.bounds["$.amount"].max == 100
}

test_a_tool_that_was_not_offered_is_not_called if {
	said := agents.tool with input.tool as {"name": "read_web", "offered": false, "valid": true, "arguments": {}}
		with input.calls as []
	codes(said) == {"agents_unknown_tool"}
}

test_arguments_must_fit_the_schema if {
	said := agents.tool with input.tool as {"name": "read_web", "offered": true, "valid": false, "arguments": null}
		with input.calls as []
	codes(said) == {"agents_invalid_arguments"}
}

test_a_conversation_has_so_many_calls if {
	calls := [files, files]
	said := agents.tool with input.tool as {"name": "read_web", "offered": true, "valid": true, "arguments": {}}
		with input.calls as calls
		with data.guard.packs.agents.settings.max_calls as 2
	codes(said) == {"agents_too_many_calls"}
}

test_mail_without_a_history_is_denied if {
	the_mail := mail
	the_sources := from_user
	said := agents.tool with input.tool as the_mail with input.sources as the_sources
	codes(said) == {"agents_sends_after_outside", "agents_after_attack", "agents_too_many_calls"}
}

test_mail_without_sources_is_denied if {
	the_mail := mail
	said := agents.tool with input.tool as the_mail with input.calls as []
	codes(said) == {"agents_chosen_by_a_tool"}
}

test_mail_with_the_trust_in_a_call_missing_is_denied if {
	the_mail := mail
	the_sources := from_user
	said := agents.tool with input.tool as the_mail
		with input.calls as [{"name": "list_files"}]
		with input.sources as the_sources
	codes(said) == {"agents_after_attack"}
}

test_a_call_without_a_word_on_offer_and_schema_is_denied if {
	said := agents.tool with input.tool as {"name": "read_web"} with input.calls as [] with input.sources as []
	codes(said) == {"agents_unknown_tool", "agents_invalid_arguments"}
}

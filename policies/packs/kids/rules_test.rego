# Tests of the pack for children.
package guard_test.kids_test

import data.guard.packs.kids

read := [{"name": "pattern", "status": "OK"}, {"name": "injection", "status": "OK"}, {"name": "unsafe", "status": "OK"}]

codes(said) := {denial.code | some denial in said.deny}

test_unsafe_words_and_attacks_are_blocked_in_doubt if {
	every scope in {"unsafe", "injection", "hidden"} {
		kids.request.actions[scope] == "block"
	}
	every type in {"UNSAFE_SEXUAL_MINORS", "UNSAFE_SEXUAL", "UNSAFE_SELF_HARM", "unsafe"} {
		kids.request.thresholds[type] <= 0.3
	}
}

test_nothing_tells_who_a_child_is if {
	kids.request.actions.pii == "redact"
	kids.request.styles.pii == "mask"
	kids.request.answer_actions.URL == "redact"
}

test_answers_are_short_and_slow if {
	kids.request.limits.max_tokens == 600
	kids.request.limits.tokens_per_s == 20
	kids.request.release == "held"
}

test_a_question_in_words_passes if {
	engines := read
	said := kids.request with input.engines as engines
		with input.tools as []
		with input.media as []
		with input.choices as 1
	codes(said) == set()
}

test_tools_media_and_several_answers_are_denied if {
	engines := read
	said := kids.request with input.engines as engines
		with input.tools as ["search"]
		with input.media as [{"kind": "image"}]
		with input.choices as 2
	codes(said) == {"kids_tools", "kids_media", "kids_choices"}
}

test_what_was_not_checked_is_denied if {
	said := kids.request with input.engines as [{"name": "pattern", "status": "OK"}, {"name": "injection", "status": "OK"}]
		with input.tools as []
		with input.media as []
		with input.choices as 1
	codes(said) == {"kids_not_inspected"}
}

test_pictures_pass_where_the_settings_allow_them if {
	engines := read
	said := kids.request with input.engines as engines
		with input.tools as []
		with input.media as [{"kind": "image"}]
		with input.choices as 1
		with data.guard.packs.kids.settings.media as ["image"]
	codes(said) == set()
}

test_a_request_without_any_of_these_is_denied_for_each if {
	said := kids.request with input.model as "any-model"
	codes(said) == {"kids_not_inspected", "kids_tools", "kids_media", "kids_choices"}
}

test_a_call_is_denied_whatever_it_is_and_without_anything_known if {
	said := kids.tool with input.model as "any-model"
	codes(said) == {"kids_tool"}
}

# An assistant for staff: what is the company's stays there.
package guard.packs.internal_assistant

import data.guard.packs.internal_assistant.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"prompt_actions": settings.prompt_actions,
	"answer_actions": settings.answer_actions,
	"prompt_styles": prompt_styles,
	"parameters": settings.parameters,
	"on_failure": "block",
	"labels": settings.labels,
}

backends := settings.backends

# An embedding gives nothing back: equal values get equal digests.
prompt_styles := {scope: "hash" | some scope in object.keys(settings.prompt_styles)} if {
	input.dialect == "openai.embeddings"
} else := settings.prompt_styles

deny contains {
	"code": "internal_assistant_staff_only",
	"message": "this assistant is for staff: send a key of theirs",
} if {
	count(settings.tenants) > 0
	not is_staff
}

is_staff if input.identity.tenant in settings.tenants

# What an operator edits of the pack for an assistant of a company's own staff; docs/packs/internal-assistant.md.
package guard.packs.internal_assistant.settings

# Secrets stop the exchange, personal data become placeholders; colleagues' names stay readable for who asks.
actions := {
	"secret": "block",
	"pii.direct": "redact",
	"pii.financial": "redact",
	"pii.government": "redact",
	"pii.health": "redact",
	"PERSON": "allow",
	"hidden": "redact",
	"unsafe": "flag",
}

prompt_actions := {"injection": "block", "INJECTION_INDIRECT": "redact"}

# Names of the inside: types of recognizers of your own (docs/packs/internal-assistant.md).
answer_actions := {
	"OUTPUT_EXFIL_LINK": "redact",
	"OUTPUT_PROMPT_LEAK": "redact",
	"OUTPUT_DANGEROUS_CODE": "flag",
	"INTERNAL_HOST": "redact",
	"INTERNAL_PROJECT": "redact",
}

prompt_styles := {"pii": "placeholder", "INTERNAL_HOST": "placeholder", "INTERNAL_PROJECT": "placeholder"}

# Backends of the company's own, for example ["local"]. With none listed, requests go where they are meant for.
backends := []

# Tenants of the company, for example ["staff"]. With none listed, all are.
tenants := []

# Backends that keep conversations are told not to.
parameters := {"force": {"store": false}}

labels := {"internal_assistant": "1"}

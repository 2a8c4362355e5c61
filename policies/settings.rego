# What an operator edits first. The other files read these values.
package guard.settings

# What is done about each finding: "allow", "flag", "redact" or "block".
# A key is a finding type, a group of types or "*"; the most specific key wins. Whatever no key covers is allowed.
actions := {
	"pii.direct": "redact",
	"pii.financial": "redact",
	"pii.government": "redact",
	"pii.health": "redact",
	"secret": "redact",
	"hidden": "flag",
	"POLICY_MEMBER": "block",
}

# Exceptions for what clients send, key by key.
prompt_actions := {}

# Exceptions for what backends answer, key by key.
answer_actions := {}

# Request members that could smuggle text past inspection and may be sent all the same, for example ["documents"].
members := []

# Models that nobody may use, for example ["old-model"].
denied_models := []

# Models that each tier may use, for example {"free": ["small-model"]}. A tier that is not named may use every model.
models_by_tier := {}

# What an operator edits first. The other files read these values.
package guard.settings

# What is done about each finding: "allow", "flag", "redact" or "block".
# A key is a finding type, a group of types or "*"; the most specific key wins. Whatever no key covers is allowed.
# Places, organisations, dates ("pii.quasi") are not covered: a question about Paris should arrive as one.
actions := {
	"pii.direct": "redact",
	"pii.financial": "redact",
	"pii.government": "redact",
	"pii.health": "redact",
	"secret": "redact",
	"hidden": "flag",
	"injection": "flag",
	"unsafe": "flag",
	"output": "flag",
	"POLICY_MEMBER": "block",
}

# Exceptions for what clients send, key by key. An attack in a tool's result is cut out, so that an agent can go on.
prompt_actions := {
	"injection": "block",
	"INJECTION_INDIRECT": "redact",
	"INJECTION_DELIMITER": "redact",
	"INJECTION_FLOOD": "flag",
}

# Exceptions for what backends answer, key by key.
answer_actions := {
	"OUTPUT_EXFIL_LINK": "redact",
	"OUTPUT_UNSAFE_URL": "redact",
	"OUTPUT_PROMPT_LEAK": "redact",
}

# How redacted values are written: "placeholder" or "surrogate" (the answer gets the value back), "hash", "mask" or
# "drop". In prompts, so that the model can speak of a value that it never sees:
prompt_styles := {
	"pii": "placeholder",
	"secret": "placeholder",
}

# In answers, for values that were not in the prompt; "mask" where nothing is said.
answer_styles := {}

# The least score that counts, where it is not to be the detector's own: turns that look faked (0.5) stand in many a
# harmless transcript, ordinary links (0.5) in many an answer.
thresholds := {
	"INJECTION_DELIMITER": 0.7,
	"OUTPUT_EXFIL_LINK": 0.6,
	"OUTPUT_DANGEROUS_CODE": 0.7,
}

# Whether an answer's text waits for the classifiers ("held"), or may run a few words ahead of them ("optimistic").
release := "held"

# Request members that could smuggle text past inspection and may be sent all the same, for example ["documents"].
members := []

# Models whose requests wait until an administrator approves them (docs/approval.md), for example ["large-model"].
approval_models := []

# What each administrator's key (admin.keys in the configuration) may do: "approval.list", "approval.approve",
# "approval.deny", "policy.show", "policy.reload", "decisions.show", "energy.show", "usage.show", "key.list",
# "key.create", "key.rotate" or "key.revoke". "*" is every key, and every action.
admins := {"*": ["*"]}

# Models that nobody may use, for example ["old-model"].
denied_models := []

# Models that each tier may use, for example {"free": ["small-model"]}. A tier that is not named may use every model.
models_by_tier := {}

# Further keys of every decision, for example {"limits": {"max_tokens": 4096}}.
further := {}

# Packs of rules that take part (docs/packs.md), for example ["pci-dss", "owasp-llm-top10"]. The stricter rule holds.
packs := []

# Packs for single tenants, beside those for all, for example {"clinic": ["hipaa"]}.
packs_by_tenant := {}

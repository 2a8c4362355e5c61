# The packs that take part (docs/packs.md). Guard joins what they say with what the other rules say: the stricter holds.
package guard

import data.guard.lib.backends
import data.guard.settings

enabled contains pack if some pack in settings.packs

enabled contains pack if some pack in settings.packs_by_tenant[input.identity.tenant]

further["packs"] := {name: word |
	some source in [said_by_packs, confined]
	some name, word in source
} if {
	count(enabled) > 0
}

# One line a pack, here and below. A pack that is not in the directory says nothing, and is missed.
said_by_packs["agents"] := data.guard.packs.agents.request if "agents" in enabled

said_by_packs["eu-ai-act-logging"] := data.guard.packs.eu_ai_act_logging.request if "eu-ai-act-logging" in enabled

said_by_packs["gdpr"] := data.guard.packs.gdpr.request if "gdpr" in enabled

said_by_packs["hipaa"] := data.guard.packs.hipaa.request if "hipaa" in enabled

said_by_packs["internal-assistant"] := data.guard.packs.internal_assistant.request if "internal-assistant" in enabled

said_by_packs["kids"] := data.guard.packs.kids.request if "kids" in enabled

said_by_packs["owasp-llm-top10"] := data.guard.packs.owasp_llm_top10.request if "owasp-llm-top10" in enabled

said_by_packs["pci-dss"] := data.guard.packs.pci_dss.request if "pci-dss" in enabled

# Packs that list backends confine requests to those that stand in all of their lists.
lists_by_pack["gdpr"] := data.guard.packs.gdpr.backends if "gdpr" in enabled

lists_by_pack["hipaa"] := data.guard.packs.hipaa.backends if "hipaa" in enabled

lists_by_pack["internal-assistant"] := data.guard.packs.internal_assistant.backends if "internal-assistant" in enabled

lists_by_pack["pci-dss"] := data.guard.packs.pci_dss.backends if "pci-dss" in enabled

# What packs say of a tool call. It is asked for if the directory has a tool.rego (docs/packs/agents.md).
said_of_tools["agents"] := data.guard.packs.agents.tool if "agents" in enabled

said_of_tools["kids"] := data.guard.packs.kids.tool if "kids" in enabled

said_of_tools["owasp-llm-top10"] := data.guard.packs.owasp_llm_top10.tool if "owasp-llm-top10" in enabled

lists_of_backends := [list |
	some list in lists_by_pack
	count(list) > 0
]

allowed_backends := backends.common(lists_of_backends)

default confined := {}

confined := {"backends": {"route": {"backend": backends.one_of(allowed_backends, meant_for)}}} if {
	count(lists_of_backends) > 0
	count(allowed_backends) > 0
}

default meant_for := ""

meant_for := input.backend

tenant_is_known if input.identity.tenant != ""

deny contains {
	"code": "pack_missing",
	"message": "the policy is incomplete: ask the operator",
	"internal": sprintf("settings name the pack %s, which is not in policies/packs or has no say", [pack]),
} if {
	some pack in (enabled - object.keys(said_by_packs))
}

deny contains {
	"code": "tenant_missing",
	"message": "nobody is known to ask: send a key that belongs to a tenant",
} if {
	count(settings.packs_by_tenant) > 0
	not tenant_is_known
}

deny contains {"code": "no_backend_allowed", "message": "no backend may take this request: ask the operator"} if {
	count(lists_of_backends) > 0
	count(allowed_backends) == 0
}

deny contains {
	"code": "tools_not_asked_about",
	"message": "the policy is incomplete: ask the operator",
	"internal": "the pack agents needs tool.rego beside settings.rego: guard policy new agents writes it",
} if {
	"agents" in enabled

	# regal ignore:unresolved-reference
	not data.guard.tools_are_asked_about
}

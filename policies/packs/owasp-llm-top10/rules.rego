# OWASP Top 10 for LLM applications 2025: what a proxy can do about them.
package guard.packs.owasp_llm_top10

import data.guard.lib.engines
import data.guard.packs.owasp_llm_top10.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"prompt_actions": settings.prompt_actions,
	"answer_actions": settings.answer_actions,
	"thresholds": settings.thresholds,
	"limits": settings.limits,
	"parameters": settings.parameters,
	"on_failure": "block",
	"labels": settings.labels,
}

# LLM06: a model calls what it was offered, as it was offered.
tool := {"deny": tool_deny, "labels": settings.labels}

# LLM01, LLM02
deny contains {
	"code": "owasp_not_inspected",
	"message": "this request could not be searched for attacks: try again later",
	"internal": sprintf("LLM01, LLM02: no verdict from %s", [engine]),
} if {
	some engine in engines.unheard(settings.engines)
}

# LLM03
deny contains {
	"code": "owasp_model_not_listed",
	"message": "this model is not available: choose another",
	"internal": "LLM03: it is none of settings.models",
} if {
	count(settings.models) > 0
	not model_is_listed
}

# LLM06
deny contains {
	"code": "owasp_too_many_tools",
	"message": sprintf("offer %d tools at most", [settings.max_tools]),
	"internal": "LLM06",
} if {
	not few_tools
}

# LLM10
deny contains {
	"code": "owasp_too_many_choices",
	"message": sprintf("ask for %d answers at most", [settings.max_choices]),
	"internal": "LLM10",
} if {
	not few_choices
}

tool_deny contains {
	"code": "owasp_tool_not_offered",
	"message": "the model called a tool that it was not offered",
	"internal": "LLM06",
} if {
	not input.tool.offered
}

tool_deny contains {
	"code": "owasp_tool_arguments",
	"message": "the arguments do not fit the tool's schema",
	"internal": "LLM05, LLM06",
} if {
	not input.tool.valid
}

model_is_listed if input.model in settings.models

few_tools if count(input.tools) <= settings.max_tools

few_choices if {
	is_number(input.choices)
	input.choices <= settings.max_choices
}

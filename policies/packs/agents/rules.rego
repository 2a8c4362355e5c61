# Agents: what a request that offers tools must look like.
package guard.packs.agents

import data.guard.packs.agents.settings

request := {
	"deny": deny,
	"prompt_actions": settings.prompt_actions,
	"answer_actions": settings.answer_actions,
	"on_failure": "block",
	"labels": settings.labels,
}

# LLM06: the more tools, the more an attack can do.
deny contains {
	"code": "agents_too_many_tools",
	"message": sprintf("offer %d tools at most", [settings.max_tools]),
} if {
	not few_tools
}

few_tools if count(input.tools) <= settings.max_tools

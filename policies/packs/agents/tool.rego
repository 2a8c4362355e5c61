# Agents: what becomes of a tool call. Each rule is a few lines; write further ones like them.
package guard.packs.agents

import data.guard.packs.agents.settings

tool := {
	"deny": tool_deny,
	"require_approval": is_irreversible,
	"bounds": object.get(settings.bounds, input.tool.name, {}),
	"labels": settings.labels,
}

tool_deny contains denial("agents_unknown_tool", "the model called a tool that it was not offered") if {
	not input.tool.offered
}

tool_deny contains denial("agents_invalid_arguments", "the arguments do not fit the tool's schema") if {
	not input.tool.valid
}

tool_deny contains denial("agents_sends_after_outside", "nothing is sent once text from outside was read") if {
	input.tool.name in settings.outgoing
	not all_from_inside
}

tool_deny contains denial("agents_after_attack", "a tool's result in this conversation looks like an attack") if {
	input.tool.name in may_do_harm
	not all_trusted
}

tool_deny contains denial("agents_chosen_by_a_tool", "only a person may choose this argument") if {
	some path in settings.chosen_by_people[input.tool.name]
	not chosen_by_a_person(path)
}

tool_deny contains denial("agents_too_many_calls", "this conversation has made too many tool calls") if {
	not few_calls
}

denial(code, message) := {"code": code, "message": message}

all_from_inside if {
	every call in input.calls {
		is_inside(call)
	}
}

is_inside(call) if not call.name in settings.outside

may_do_harm contains name if some name in settings.outgoing

may_do_harm contains name if some name in settings.irreversible

all_trusted if {
	every call in input.calls {
		call.untrusted == false
	}
}

few_calls if count(input.calls) < settings.max_calls

# An argument that is not there needs nobody to choose it.
chosen_by_a_person(path) if {
	input.tool.valid
	not input.tool.arguments[trim_prefix(path, "$.")]
}

# Each value at the path, or in a list there, stands in what the user or the operator wrote.
chosen_by_a_person(path) if {
	count(places(path)) > 0
	count(places(path) - places_of_people) == 0
}

places(path) := {source.path |
	some source in input.sources
	is_at(source.path, path)
}

is_at(place, path) if place == path

is_at(place, path) if startswith(place, concat("", [path, "["]))

places_of_people contains source.path if {
	some source in input.sources
	source.source in {"user", "system", "developer"}
}

default is_irreversible := false

is_irreversible := {"reason": sprintf("%s can't be taken back", [input.tool.name])} if {
	input.tool.name in settings.irreversible
}

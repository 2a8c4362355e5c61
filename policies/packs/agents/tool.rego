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
	not nothing_from_outside
}

nothing_from_outside if {
	every call in input.calls {
		is_inside(call)
	}
}

is_inside(call) if not call.name in settings.outside

tool_deny contains denial("agents_after_attack", "a tool's result in this conversation looks like an attack") if {
	input.tool.name in may_do_harm
	not no_attack
}

no_attack if {
	every call in input.calls {
		call.untrusted == false
	}
}

may_do_harm contains name if some name in settings.outgoing

may_do_harm contains name if some name in settings.irreversible

tool_deny contains denial("agents_chosen_by_a_tool", "only a person may choose this argument") if {
	some path in settings.chosen_by_people[input.tool.name]
	not chosen_by_a_person(path)
}

# Each value at the path, or in a list there, stands in what the user or the operator wrote.
chosen_by_a_person(path) if {
	argument := trim_prefix(path, "$.")
	not input.tool.arguments[argument]
	input.tool.valid
}

chosen_by_a_person(path) if {
	some source in input.sources
	is_at(source.path, path)
	source.source in {"user", "system", "developer"}
	not comes_from_elsewhere(path)
}

comes_from_elsewhere(path) if {
	some source in input.sources
	is_at(source.path, path)
	not stands_with_people(source.path)
}

stands_with_people(place) if {
	some source in input.sources
	source.path == place
	source.source in {"user", "system", "developer"}
}

is_at(place, path) if place == path

is_at(place, path) if startswith(place, concat("", [path, "["]))

tool_deny contains denial("agents_too_many_calls", "this conversation has made too many tool calls") if {
	not few_calls
}

few_calls if count(input.calls) < settings.max_calls

default is_irreversible := false

is_irreversible := {"reason": sprintf("%s can't be taken back", [input.tool.name])} if {
	input.tool.name in settings.irreversible
}

denial(code, message) := {"code": code, "message": message}

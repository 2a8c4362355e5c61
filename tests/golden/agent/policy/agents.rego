package guard

request := {"actions": {"INJECTION_DELIMITER": "flag"}}

tool := {"deny": tool_deny, "bounds": object.get(bounds, input.tool.name, {})}

bounds := {"transfer": {"$.amount": {"max": 500, "clamp": true}}}

# No outgoing mail after reading the web.
tool_deny contains {"code": "mail_after_web", "message": "no outgoing mail after reading the web"} if {
	input.tool.name == "send_mail"
	some call in input.calls
	call.name == "read_web"
}

# Nothing goes where an attack wants it to go.
tool_deny contains {"code": "address_from_attack", "message": "the address comes from an untrusted text"} if {
	some source in input.sources
	source.untrusted
}

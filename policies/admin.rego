# Who may do what to Guard itself: settings.admins says so.
package guard

import data.guard.settings

# METADATA
# title: The decision on an administrator's action
# description: Guard asks for data.guard.admin before it does what an administrator's key asks for. Undefined refuses.
# scope: document
# entrypoint: true
admin := {
	"allow": administrator_may,
	"deny": admin_deny,
}

default administrator_may := false

administrator_may if {
	some key in {"*", input.identity.key}
	some action in settings.admins[key]
	action in {"*", input.action}
}

# Four eyes: a name that stands among the clients' keys and the administrators' is one person.
admin_deny contains {
	"code": "own_request",
	"message": "a key of this name asked for it: let another administrator approve it",
} if {
	input.action == "approval.approve"
	input.resource.key == input.identity.key
}

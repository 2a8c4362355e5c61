# HIPAA: health information leaves without the identifiers of Safe Harbor.
package guard.packs.hipaa

import data.guard.lib.engines
import data.guard.lib.identity
import data.guard.packs.hipaa.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"styles": settings.styles,
	"parameters": settings.parameters,
	"release": "held",
	"on_failure": "block",
	"labels": settings.labels,
}

backends := settings.backends

# 164.514(b)(2)(i): what no engine has read may hold any of the identifiers.
deny contains {
	"code": "hipaa_not_inspected",
	"message": "this request could not be searched for identifiers: try again later",
	"internal": sprintf("164.514(b)(2): no verdict from %s", [engine]),
} if {
	some engine in engines.unheard(settings.engines)
}

# (P), (Q): a voice or a face is an identifier, and nobody looks into media.
deny contains {
	"code": "hipaa_media",
	"message": "pictures, sound and files may show who the patient is: send text",
	"internal": "164.514(b)(2)(i)(P), (Q)",
} if {
	not only_allowed_media
}

# 164.312(a)(2)(i), (d): each user is known by name.
deny contains {
	"code": "hipaa_user_unknown",
	"message": sprintf("it is not known who asks: %s is missing", [name]),
	"internal": "164.312(a)(2)(i), (d)",
} if {
	some name in (identity.lacking(settings.identity) | identity.lacking_claims(settings.claims))
}

only_allowed_media if {
	every part in input.media {
		part.kind in settings.media
	}
}

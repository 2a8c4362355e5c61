# GDPR: a backend learns no more of people than it needs, and only where it may.
package guard.packs.gdpr

import data.guard.lib.engines
import data.guard.packs.gdpr.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"prompt_styles": prompt_styles,
	"answer_styles": settings.answer_styles,
	"parameters": settings.parameters,
	"on_failure": "block",
	"labels": labels,
}

backends := settings.backends

prompt_styles := settings.embedding_styles if {
	input.dialect == "openai.embeddings"
} else := settings.prompt_styles

labels[name] := value if some name, value in settings.labels

labels["gdpr_transfers"] := transfers

default transfers := "unconfined"

transfers := "confined" if count(settings.backends) > 0

# 25, 32: what no engine has read may hold personal data.
deny contains {
	"code": "gdpr_not_inspected",
	"message": "this request could not be searched for personal data: try again later",
	"internal": sprintf("articles 25, 32: no verdict from %s", [engine]),
} if {
	some engine in engines.unheard(settings.engines)
}

# 5(1)(b): data are processed for purposes that were specified.
deny contains {
	"code": "gdpr_purpose",
	"message": "say what this is for: your token claims no purpose that is known here",
	"internal": "article 5(1)(b): the claim `purpose` is none of settings.purposes",
} if {
	count(settings.purposes) > 0
	not purpose_is_known
}

# A rule of its own: OPA leaves `not … in …` undefined where the purpose is missing, and nothing would be denied.
purpose_is_known if input.identity.claims.purpose in settings.purposes

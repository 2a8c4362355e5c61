# AI Act: what happens is recorded so that it can be traced; what can't be is not done.
package guard.packs.eu_ai_act_logging

import data.guard.lib.identity
import data.guard.packs.eu_ai_act_logging.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"labels": labels,
}

labels[name] := value if some name, value in settings.labels

labels["eu_ai_act_system"] := settings.system

labels["eu_ai_act_retention_days"] := sprintf("%v", [settings.retention_days])

# 12(2): an event of nobody can't be traced.
deny contains {
	"code": "eu_ai_act_not_traceable",
	"message": sprintf("it is not known who asks: %s is missing", [name]),
	"internal": "article 12(2)",
} if {
	some name in (identity.lacking(settings.identity) | identity.lacking_claims(settings.claims))
}

# 12(1): nor can an event of no system.
deny contains {
	"code": "eu_ai_act_no_system",
	"message": "the policy is incomplete: ask the operator",
	"internal": "article 12(1): name the AI system in settings.system",
} if {
	not has_system
}

# 19(1), 26(6)
deny contains {
	"code": "eu_ai_act_kept_too_short",
	"message": "the policy is incomplete: ask the operator",
	"internal": "articles 19(1), 26(6): settings.retention_days is under six months",
} if {
	not kept_long_enough
}

has_system if {
	settings.system != ""
}

kept_long_enough if {
	is_number(settings.retention_days)
	settings.retention_days >= 183
}

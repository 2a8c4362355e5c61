# METADATA
# title: What Guard asks
# description: OPA checks the use of the input, here and in packages below, by the schemas of `guard policy schema`.
# scope: subpackages
# schemas:
#   - input: schema.input
package guard

import data.guard.settings

# METADATA
# title: The decision on one request
# description: Guard asks for data.guard.request before it forwards a request. Undefined denies.
# entrypoint: true
request[key] := value if {
	some source in [starter, further]
	some key, value in source
}

starter := {
	"deny": deny,
	"actions": settings.actions,
	"prompt_actions": prompt_actions,
	"answer_actions": answer_actions,
	"prompt_styles": prompt_styles,
	"answer_styles": answer_styles,
	"thresholds": thresholds,
	"release": settings.release,
	"members": members,
	"labels": labels,
}

# Further files add to these by rules of the same name.
prompt_actions[scope] := action if some scope, action in settings.prompt_actions

answer_actions[scope] := action if some scope, action in settings.answer_actions

# An embedding gives nothing back, so equal masks serve it better than placeholders.
prompt_styles[scope] := style if {
	not embeds
	some scope, style in settings.prompt_styles
}

embeds if input.dialect == "openai.embeddings"

answer_styles[scope] := style if some scope, style in settings.answer_styles

thresholds[scope] := score if some scope, score in settings.thresholds

members contains member if some member in settings.members

# Keys that a decision may have beside those above: route, limits, parameters, require_approval.
further[key] := value if some key, value in settings.further

# Labels go to the audit log with the decision.
labels["policy"] := "starter"

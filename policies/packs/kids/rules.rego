# Children: safe answers, short ones, and nothing that tells who they are.
package guard.packs.kids

import data.guard.lib.engines
import data.guard.packs.kids.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"answer_actions": settings.answer_actions,
	"styles": settings.styles,
	"thresholds": settings.thresholds,
	"limits": settings.limits,
	"release": "held",
	"on_failure": "block",
	"labels": settings.labels,
}

# What slips past the request's rule: a call all the same.
tool := {
	"deny": {{"code": "kids_tool", "message": "tools are not available here"}},
	"labels": settings.labels,
}

deny contains {"code": "kids_not_inspected", "message": "this could not be checked: try again later"} if {
	count(engines.unheard(settings.engines)) > 0
}

deny contains {"code": "kids_tools", "message": "tools are not available here: ask without them"} if {
	not offers_nothing
}

deny contains {"code": "kids_media", "message": "pictures, sound and files are not available here: write instead"} if {
	not only_allowed_media
}

deny contains {"code": "kids_choices", "message": "ask for one answer"} if {
	not one_answer
}

offers_nothing if count(input.tools) == 0

only_allowed_media if {
	every part in input.media {
		part.kind in settings.media
	}
}

one_answer if input.choices == 1

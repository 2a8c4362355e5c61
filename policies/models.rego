# Who may use which model. What the request does not say counts against it.
package guard

import data.guard.settings

deny contains model_denial("this model is not available: choose another") if model_denied

deny contains model_denial("your tier does not include this model: choose another, or ask for a higher tier") if {
	tier_limited
	not tier_includes_model
}

model_denied if input.model in settings.denied_models

model_denied if {
	count(settings.denied_models) > 0
	not input.model
}

tier_limited if settings.models_by_tier[input.identity.tier]

tier_limited if {
	count(settings.models_by_tier) > 0
	not input.identity.tier
}

tier_includes_model if input.model in settings.models_by_tier[input.identity.tier]

model_denial(message) := {"code": "model_not_allowed", "message": message}

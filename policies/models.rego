# Who may use which model.
package guard

import data.guard.settings

deny contains model_denial("this model is not available: choose another") if {
	input.model in settings.denied_models
}

deny contains model_denial("your tier does not include this model: choose another, or ask for a higher tier") if {
	models := settings.models_by_tier[input.identity.tier]
	not input.model in models
}

model_denial(message) := {"code": "model_not_allowed", "message": message}

# Tests of who may use which model.
package guard_test

import data.guard

test_every_model_is_allowed_at_first if {
	decision := guard.request with input.model as "any-model" with input.identity.tier as "free"
	count(decision.deny) == 0
}

test_a_denied_model_is_refused_with_its_code if {
	decision := guard.request with input.model as "old-model" with data.guard.settings.denied_models as ["old-model"]
	some denial in decision.deny
	denial.code == "model_not_allowed"
}

test_other_models_stay_allowed if {
	decision := guard.request with input.model as "new-model" with data.guard.settings.denied_models as ["old-model"]
	count(decision.deny) == 0
}

test_a_tier_may_use_its_models if {
	decision := guard.request with input.model as "small-model"
		with input.identity.tier as "free"
		with data.guard.settings.models_by_tier as {"free": ["small-model"]}
	count(decision.deny) == 0
}

test_a_tier_may_use_no_other_model if {
	decision := guard.request with input.model as "large-model"
		with input.identity.tier as "free"
		with data.guard.settings.models_by_tier as {"free": ["small-model"]}
	some denial in decision.deny
	denial.code == "model_not_allowed"
}

test_a_tier_that_is_not_named_may_use_every_model if {
	decision := guard.request with input.model as "large-model"
		with input.identity.tier as "gold"
		with data.guard.settings.models_by_tier as {"free": ["small-model"]}
	count(decision.deny) == 0
}

test_a_request_without_a_model_is_refused_where_models_are_denied if {
	decision := guard.request with input.identity.tier as "free" with data.guard.settings.denied_models as ["old-model"]
	some denial in decision.deny
	denial.code == "model_not_allowed"
}

test_a_request_without_a_model_is_refused_where_its_tier_is_limited if {
	decision := guard.request with input.identity.tier as "free"
		with data.guard.settings.models_by_tier as {"free": ["small-model"]}
	some denial in decision.deny
	denial.code == "model_not_allowed"
}

test_a_request_without_a_tier_is_refused_where_tiers_are_limited if {
	decision := guard.request with input.model as "small-model"
		with data.guard.settings.models_by_tier as {"free": ["small-model"]}
	some denial in decision.deny
	denial.code == "model_not_allowed"
}

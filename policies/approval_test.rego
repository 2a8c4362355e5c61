# Tests of what waits for an administrator.
package guard_test

import data.guard

test_nothing_waits_at_first if {
	decision := guard.request with input.model as "any-model"
	not "require_approval" in object.keys(decision)
}

test_a_listed_model_waits_with_its_reason if {
	decision := guard.request with input.model as "large-model"
		with data.guard.settings.approval_models as ["large-model"]
	decision.require_approval.reason == "the model needs approval"
}

test_another_model_does_not_wait if {
	decision := guard.request with input.model as "small-model"
		with data.guard.settings.approval_models as ["large-model"]
	not "require_approval" in object.keys(decision)
}

test_a_request_without_a_model_does_not_wait if {
	decision := guard.request with data.guard.settings.approval_models as ["large-model"]
	not "require_approval" in object.keys(decision)
}

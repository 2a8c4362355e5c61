# Tests of who may do what to Guard itself.
package guard_test

import data.guard

test_every_administrator_may_do_everything_at_first if {
	decision := guard.admin with input.action as "policy.reload" with input.identity.key as "alice"
	decision.allow
	count(decision.deny) == 0
}

test_every_administrator_may_approve_what_others_asked_for if {
	decision := guard.admin with input.action as "approval.approve"
		with input.identity.key as "alice"
		with input.resource.key as "app1"
	decision.allow
	count(decision.deny) == 0
}

test_a_named_administrator_may_do_what_is_listed_and_no_more if {
	admins := {"alice": ["approval.list"]}
	list := guard.admin with input.action as "approval.list"
		with input.identity.key as "alice"
		with data.guard.settings.admins as admins
	list.allow
	approve := guard.admin with input.action as "approval.approve"
		with input.identity.key as "alice"
		with data.guard.settings.admins as admins
	not approve.allow
}

test_who_is_not_named_may_do_nothing if {
	decision := guard.admin with input.action as "approval.list"
		with input.identity.key as "mallory"
		with data.guard.settings.admins as {"alice": ["*"]}
	not decision.allow
}

test_without_a_name_nothing_is_allowed_to_names if {
	decision := guard.admin with input.action as "approval.list"
		with data.guard.settings.admins as {"alice": ["*"]}
	not decision.allow
}

test_without_an_action_nothing_is_allowed_to_lists if {
	decision := guard.admin with input.identity.key as "alice"
		with data.guard.settings.admins as {"alice": ["approval.list"]}
	not decision.allow
}

test_whoever_asked_can_not_approve if {
	decision := guard.admin with input.action as "approval.approve"
		with input.identity.key as "app1"
		with input.resource.key as "app1"
	some denial in decision.deny
	denial.code == "own_request"
}

test_whoever_asked_may_deny_it if {
	decision := guard.admin with input.action as "approval.deny"
		with input.identity.key as "app1"
		with input.resource.key as "app1"
	count(decision.deny) == 0
}

test_an_approval_of_nobodys_request_is_not_ones_own if {
	decision := guard.admin with input.action as "approval.approve" with input.identity.key as "app1"
	count(decision.deny) == 0
}

test_keys_are_made_and_revoked_by_whom_the_list_names if {
	admins := {"alice": ["key.list", "key.create"]}
	create := guard.admin with input.action as "key.create"
		with input.identity.key as "alice"
		with input.resource as {"name": "web", "tenant": "acme", "tier": "free"}
		with data.guard.settings.admins as admins
	create.allow
	count(create.deny) == 0
	revoke := guard.admin with input.action as "key.revoke"
		with input.identity.key as "alice"
		with input.resource as {"name": "web", "tenant": "acme", "tier": "free"}
		with data.guard.settings.admins as admins
	not revoke.allow
}

# Tests of which packs take part, and where they let requests go.
package guard_test

import data.guard

test_no_pack_takes_part_at_first if {
	decision := guard.request with input.model as "any-model"
	not decision.packs
	count(decision.deny) == 0
}

test_a_pack_takes_part_for_everybody if {
	decision := guard.request with data.guard.settings.packs as ["pci-dss"]
	decision.packs["pci-dss"].labels.pci_dss
}

test_a_pack_takes_part_for_its_tenant if {
	decision := guard.request with input.identity.tenant as "shop"
		with data.guard.settings.packs_by_tenant as {"shop": ["pci-dss"]}
	object.keys(decision.packs) == {"pci-dss"}
}

test_it_takes_no_part_for_another_tenant if {
	decision := guard.request with input.identity.tenant as "school"
		with data.guard.settings.packs_by_tenant as {"shop": ["pci-dss"]}
	not decision.packs
	count(decision.deny) == 0
}

test_a_request_of_no_tenant_is_denied_where_tenants_differ if {
	decision := guard.request with data.guard.settings.packs_by_tenant as {"shop": ["pci-dss"]}
	{denial.code | some denial in decision.deny} == {"tenant_missing"}
}

test_a_request_of_a_tenant_without_a_name_is_denied_where_tenants_differ if {
	decision := guard.request with input.identity.tenant as ""
		with data.guard.settings.packs_by_tenant as {"shop": ["pci-dss"]}
	{denial.code | some denial in decision.deny} == {"tenant_missing"}
}

test_a_pack_that_is_not_there_denies if {
	decision := guard.request with data.guard.settings.packs as ["pci_dsss"]
	{denial.code | some denial in decision.deny} == {"pack_missing"}
}

test_a_request_goes_where_it_is_meant_for_if_the_pack_lists_it if {
	decision := guard.request with input.backend as "spare"
		with data.guard.settings.packs as ["pci-dss"]
		with data.guard.packs.pci_dss.settings.backends as ["vault", "spare"]
	decision.packs.backends.route.backend == "spare"
}

test_a_request_for_another_backend_goes_to_the_first_that_the_pack_lists if {
	decision := guard.request with input.backend as "elsewhere"
		with data.guard.settings.packs as ["pci-dss"]
		with data.guard.packs.pci_dss.settings.backends as ["vault", "spare"]
	decision.packs.backends.route.backend == "vault"
}

test_so_does_a_request_for_no_backend if {
	decision := guard.request with data.guard.settings.packs as ["pci-dss"]
		with data.guard.packs.pci_dss.settings.backends as ["vault", "spare"]
	decision.packs.backends.route.backend == "vault"
}

test_packs_that_list_no_backend_in_common_leave_none if {
	decision := guard.request with input.backend as "virginia"
		with data.guard.settings.packs as ["gdpr", "hipaa"]
		with data.guard.packs.gdpr.settings.backends as ["frankfurt"]
		with data.guard.packs.hipaa.settings.backends as ["virginia"]
	"no_backend_allowed" in {denial.code | some denial in decision.deny}
}

test_the_pack_for_agents_denies_where_tool_calls_are_not_asked_about if {
	decision := guard.request with input.tools as [] with data.guard.settings.packs as ["agents"]
	{denial.code | some denial in decision.deny} == {"tools_not_asked_about"}
}

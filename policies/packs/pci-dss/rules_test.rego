# Tests of PCI DSS: what is done about each finding, and what is denied.
package guard_test.pci_dss_test

import data.guard
import data.guard.packs.pci_dss

test_card_data_is_masked_and_what_may_not_be_stored_is_stopped if {
	said := pci_dss.request
	said.actions.CREDIT_CARD == "redact"
	said.styles.CREDIT_CARD == "mask"
	every type in {"CARD_VERIFICATION_CODE", "CARD_TRACK_DATA", "CARD_PIN"} {
		said.actions[type] == "block"
		said.styles[type] == "drop"
	}
}

test_passwords_and_keys_are_redacted if {
	pci_dss.request.actions.secret == "redact"
}

test_a_doubtful_number_counts if {
	pci_dss.request.thresholds.CREDIT_CARD == 0.5
}

test_nothing_is_shown_or_let_through_unread if {
	pci_dss.request.release == "held"
	pci_dss.request.on_failure == "block"
}

test_backends_are_told_to_keep_nothing if {
	pci_dss.request.parameters.force.store == false
}

test_what_the_pattern_engine_has_read_passes if {
	said := pci_dss.request with input.engines as [{"name": "pattern", "status": "OK"}]
	count(said.deny) == 0
}

test_what_it_failed_on_is_denied if {
	said := pci_dss.request with input.engines as [{"name": "pattern", "status": "ERROR"}]
	{denial.code | some denial in said.deny} == {"pci_dss_not_inspected"}
}

test_what_it_was_too_slow_for_is_denied if {
	said := pci_dss.request with input.engines as [{"name": "pattern", "status": "TIMEOUT"}]
	count(said.deny) == 1
}

test_what_it_skipped_is_denied if {
	said := pci_dss.request with input.engines as [{"name": "pattern", "status": "SKIPPED"}]
	count(said.deny) == 1
}

test_what_another_engine_has_read_is_denied if {
	said := pci_dss.request with input.engines as [{"name": "names", "status": "OK"}]
	count(said.deny) == 1
}

test_a_verdict_without_a_status_is_denied if {
	said := pci_dss.request with input.engines as [{"name": "pattern"}]
	count(said.deny) == 1
}

test_a_request_without_engines_is_denied if {
	said := pci_dss.request with input.model as "any-model"
	{denial.code | some denial in said.deny} == {"pci_dss_not_inspected"}
}

test_the_pack_speaks_when_it_is_enabled if {
	decision := guard.request with data.guard.settings.packs as ["pci-dss"]
	object.keys(decision.packs) == {"pci-dss"}
}

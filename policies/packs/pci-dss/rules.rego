# PCI DSS: card data is not kept, shown or sent where it need not be.
package guard.packs.pci_dss

import data.guard.lib.engines
import data.guard.packs.pci_dss.settings

request := {
	"deny": deny,
	"actions": settings.actions,
	"styles": settings.styles,
	"thresholds": settings.thresholds,
	"parameters": settings.parameters,
	"release": "held",
	"on_failure": "block",
	"labels": settings.labels,
}

backends := settings.backends

# 3.3.1, 3.4.1: what no engine has read may hold card data.
deny contains {
	"code": "pci_dss_not_inspected",
	"message": "this request could not be searched for card data: try again later",
	"internal": sprintf("PCI DSS 3.3.1, 3.4.1: no verdict from %s", [engine]),
} if {
	some engine in engines.unheard(settings.engines)
}

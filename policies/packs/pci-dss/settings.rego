# What an operator edits of PCI DSS 4.0.1; docs/packs/pci-dss.md says which requirement asks for what.
package guard.packs.pci_dss.settings

# Card numbers are masked, what may never be stored (3.3.1) stops the exchange. Passwords and keys: 8.3.2, 8.6.2.
actions := {
	"CREDIT_CARD": "redact",
	"CARD_VERIFICATION_CODE": "block",
	"CARD_TRACK_DATA": "block",
	"CARD_PIN": "block",
	"secret": "redact",
}

# "mask" and not "placeholder": a number that comes back in the answer is a number that is shown in full (3.4.1).
styles := {
	"CREDIT_CARD": "mask",
	"CARD_VERIFICATION_CODE": "drop",
	"CARD_TRACK_DATA": "drop",
	"CARD_PIN": "drop",
}

# A number that the detector is unsure of is treated as a card's.
thresholds := {"CREDIT_CARD": 0.5}

# Backends that keep conversations are told not to (3.2.1).
parameters := {"force": {"store": false}}

# Backends within the assessed environment, for example ["vault"]. With none listed, requests go where they are meant
# for.
backends := []

# Engines without whose verdict nothing is forwarded.
engines := ["pattern"]

labels := {"pci_dss": "4.0.1"}

# What an operator edits of the GDPR, Regulation (EU) 2016/679; docs/packs/gdpr.md says which article asks for what.
package guard.packs.gdpr.settings

# 5(1)(c) data minimisation. "NRP" (nationality, religion, politics) and health data are special categories, 9(1).
actions := {
	"pii.direct": "redact",
	"pii.financial": "redact",
	"pii.government": "redact",
	"pii.health": "redact",
	"NRP": "redact",
	"AGE": "redact",
	"pii.quasi": "flag",
}

# 4(5), 25(1), 32(1)(a) pseudonymisation: backends see placeholders, and the answer gets the values back.
prompt_styles := {"pii": "placeholder"}

# Embeddings give nothing back: equal values get equal digests, which nobody can turn back.
embedding_styles := {"pii": "hash"}

# What an answer brings of its own is about people who may not know.
answer_styles := {"pii": "mask"}

# 44 to 46: backends in the European Economic Area, or under an adequacy decision or other safeguards, for example
# ["frankfurt", "dublin"]. With none listed, requests go where they are meant for, and the audit says so.
backends := []

# 5(1)(b): purposes that a client's token may claim (`purpose`), for example ["support"]. With none listed, any will do.
purposes := []

# 25, 32: engines without whose verdict nothing is forwarded. "names" finds names and addresses.
engines := ["pattern", "names"]

# 5(1)(e), 28(3)(g): backends that keep conversations are told not to.
parameters := {"force": {"store": false}}

labels := {"gdpr": "2016/679"}

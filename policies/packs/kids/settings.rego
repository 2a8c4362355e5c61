# What an operator edits of the pack for children; docs/packs/kids.md.
package guard.packs.kids.settings

# No unsafe word either way, no attack, and nothing of who or where a child is.
actions := {
	"unsafe": "block",
	"injection": "block",
	"hidden": "block",
	"secret": "redact",
	"pii": "redact",
}

# Links lead away.
answer_actions := {"output": "redact", "URL": "redact"}

# A value that is gone can't be asked for again.
styles := {"pii": "mask", "secret": "mask"}

# Doubtful cases count: better a harmless answer too few.
thresholds := {
	"unsafe": 0.3,
	"UNSAFE_SEXUAL_MINORS": 0.1,
	"UNSAFE_SEXUAL": 0.2,
	"UNSAFE_SELF_HARM": 0.2,
	"injection": 0.5,
}

# Short answers, at a pace that can be read.
limits := {"max_tokens": 600, "tokens_per_s": 20}

# Media that may be sent: "image", "audio", "video", "file".
media := []

# Engines without whose verdict nothing is forwarded.
engines := ["pattern", "injection", "unsafe"]

labels := {"kids": "1"}

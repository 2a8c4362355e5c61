# What an operator edits of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2); docs/packs/hipaa.md maps the identifiers.
package guard.packs.hipaa.settings

# All personal data: (A) names, (B) places, (C) dates and ages, (D) to (O) numbers and addresses, (R) the rest.
actions := {"pii": "redact"}

# A code in place of a value may not be derived from it, 164.514(c): no hash and no placeholder.
styles := {"pii": "mask"}

# Media that may pass: "image", "audio", "video", "file". (P) voices and prints and (Q) faces can't be cut out.
media := []

# Backends of business associates, 164.502(e), for example ["clinic-cloud"]. With none listed, requests go where they
# are meant for.
backends := []

# Engines without whose verdict nothing is forwarded. "names" finds names and places.
engines := ["pattern", "names"]

# What must be known of who asks, 164.312(a)(2)(i), (d): "tenant", "key", "tier", and claims of the client's token.
identity := ["tenant", "key"]

claims := []

# Backends that keep conversations are told not to: 164.502(b), the minimum necessary.
parameters := {"force": {"store": false}}

labels := {"hipaa": "164.514(b)(2)"}

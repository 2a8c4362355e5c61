# What an operator edits of logging under the AI Act, Regulation (EU) 2024/1689; docs/packs/eu-ai-act-logging.md.
package guard.packs.eu_ai_act_logging.settings

# The AI system whose events these are, as in its technical documentation: 12(1), Annex IV.
system := "ai-system"

# How long logs are kept, in days: 19(1) and 26(6) ask for six months at least. Guard's sinks do not delete.
retention_days := 183

# What must be known of who asks, so that an event can be traced, 12(2): "tenant", "key", "tier".
identity := ["tenant", "key"]

# Claims of the client's token, for example ["sub"] for the person who checks results, 12(3)(d).
claims := []

# 12(2)(a): every finding is an event that is recorded.
actions := {"*": "flag"}

labels := {"eu_ai_act_logging": "2024/1689"}

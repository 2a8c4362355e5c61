# What an operator edits of the pack for agents: which tools do what. docs/packs/agents.md explains each rule.
package guard.packs.agents.settings

# Tools that bring in text that others wrote.
outside := ["browse", "fetch", "read_document", "read_mail", "read_web", "search_web", "web_search"]

# Tools that send something where others read it.
outgoing := ["http_post", "post_message", "send_email", "send_mail", "send_message", "upload"]

# Tools whose effect can't be taken back: a person has to agree.
irreversible := ["delete_file", "deploy", "drop_table", "execute_sql", "pay", "run_command", "transfer_money"]

# Arguments that only the user or the operator may choose: whom a letter goes to, who is paid.
chosen_by_people := {
	"send_email": ["$.to", "$.cc", "$.bcc"],
	"send_mail": ["$.to", "$.cc", "$.bcc"],
	"transfer_money": ["$.account", "$.iban"],
}

# Bounds of arguments: min, max, one_of, prefixes, hosts, clamp (docs/policy.md).
bounds := {
	"pay": {"$.amount": {"min": 0, "max": 100}},
	"transfer_money": {"$.amount": {"min": 0, "max": 100}},
}

# Most tools that a request may offer, and most calls in a conversation.
max_tools := 64

max_calls := 100

# Orders in what a tool brings in are cut out; links in answers must not carry data away.
prompt_actions := {"INJECTION_INDIRECT": "redact"}

answer_actions := {"OUTPUT_EXFIL_LINK": "redact"}

labels := {"agents": "1"}

# What an operator edits of the OWASP Top 10 for LLM applications, 2025; docs/packs/owasp-llm-top10.md maps each risk.
package guard.packs.owasp_llm_top10.settings

# LLM02 sensitive information, LLM05 improper output handling, LLM08 hidden text in what is embedded or retrieved.
actions := {
	"secret": "redact",
	"pii.direct": "redact",
	"pii.financial": "redact",
	"pii.government": "redact",
	"pii.health": "redact",
	"hidden": "redact",
	"POLICY_MEMBER": "block",
}

# LLM01 prompt injection, also in documents and tools' results, LLM10 floods.
prompt_actions := {
	"injection": "block",
	"INJECTION_INDIRECT": "redact",
	"INJECTION_DELIMITER": "redact",
}

# LLM05, LLM07 system prompt leakage; an answer that carries on an injection is worth a look.
answer_actions := {
	"injection": "flag",
	"OUTPUT_PROMPT_LEAK": "redact",
	"OUTPUT_EXFIL_LINK": "redact",
	"OUTPUT_UNSAFE_URL": "redact",
	"OUTPUT_DANGEROUS_CODE": "redact",
}

thresholds := {"OUTPUT_DANGEROUS_CODE": 0.8}

# LLM03 supply chain: models that were looked at. With none listed, all are allowed.
models := []

# LLM06 excessive agency: most tools that a request may offer.
max_tools := 32

# LLM10 unbounded consumption: most answers, and tokens of an answer.
max_choices := 4

limits := {"max_tokens": 4096}

parameters := {"max": {"n": 4, "best_of": 4}}

# Engines without whose verdict nothing is forwarded.
engines := ["pattern", "injection"]

labels := {"owasp_llm_top10": "2025"}

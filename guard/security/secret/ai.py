"""Model providers, inference hosts, vector stores and the tools around them.

Sources: what public scanners list of each provider's keys, not compared with its manual. OpenAI's own are in
`guard/security/openai.py`; keys of others that look the same (`sk-` and letters) are found under that name.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, LOWER, URL64, UUID, UUID_CHARS, WORD, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    marked("SECRET_ANTHROPIC_KEY", "anthropic_key", "sk-ant-(?:api|admin|oat|ort|sid)[0-9]{2}-", URL64, 80, 120),
    marked("SECRET_OPENROUTER_KEY", "openrouter_key", "sk-or-(?:v[0-9]-)?", HEX, 64, 64),
    marked("SECRET_HUGGINGFACE_TOKEN", "huggingface_token", "(?:hf|api_org)_", ALNUM, 34, 37),
    marked("SECRET_GROQ_KEY", "groq_key", "gsk_", ALNUM, 48, 56),
    marked("SECRET_XAI_KEY", "xai_key", "xai-", WORD, 70, 84),
    marked("SECRET_PERPLEXITY_KEY", "perplexity_key", "pplx-", ALNUM, 40, 56),
    marked("SECRET_REPLICATE_TOKEN", "replicate_token", "r8_", URL64, 37, 40),
    named("SECRET_COHERE_KEY", "cohere_key", "(?:cohere|co_api)", r"[0-9A-Za-z]{40}", apart=True),
    named("SECRET_MISTRAL_KEY", "mistral_key", "mistral(?:ai)?", r"[0-9A-Za-z]{32}", apart=True),
    named("SECRET_TOGETHER_KEY", "together_named_key", "together(?:ai|[_.-]ai)?", r"[0-9a-f]{64}"),
    marked("SECRET_TOGETHER_KEY", "together_key", "tgp_v1_", URL64, 40, 50),
    marked("SECRET_FIREWORKS_KEY", "fireworks_key", "fw_", ALNUM, 22, 24),
    marked("SECRET_ELEVENLABS_KEY", "elevenlabs_key", "sk_", HEX, 48, 48),
    named("SECRET_ELEVENLABS_KEY", "elevenlabs_named_key", "(?:eleven[_.-]?labs|xi)", r"[0-9a-f]{32}", apart=True),
    marked("SECRET_NVIDIA_KEY", "nvidia_key", "nvapi-", URL64, 60, 70),
    marked(
        "SECRET_LANGSMITH_KEY",
        "langsmith_key",
        "lsv2_(?:pt|sk)_",
        WORD,
        43,
        43,
        exact=r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
    ),
    marked("SECRET_LANGFUSE_KEY", "langfuse_key", "sk-lf-", UUID_CHARS, 36, 36, exact=f"sk-lf-{UUID}"),
    marked("SECRET_PINECONE_KEY", "pinecone_key", "pcsk_", WORD, 60, 75),
    named("SECRET_PINECONE_KEY", "pinecone_named_key", "pinecone", UUID),
    marked("SECRET_CEREBRAS_KEY", "cerebras_key", "csk-", LOWER, 45, 52),
    named("SECRET_ASSEMBLYAI_KEY", "assemblyai_key", "assembly(?:_)?ai", r"[0-9a-f]{32}"),
    named("SECRET_DEEPGRAM_KEY", "deepgram_key", "deepgram", r"[0-9a-f]{40}"),
    named("SECRET_DEEPL_KEY", "deepl_key", "deepl", UUID + "(?::fx)?", apart=True),
    marked("SECRET_VOYAGE_KEY", "voyage_key", "(?:pa|al)-", URL64, 43, 43),
    marked("SECRET_JINA_KEY", "jina_key", "jina_", URL64, 58, 64),
    marked("SECRET_TAVILY_KEY", "tavily_key", "tvly-", URL64, 30, 52),
    marked("SECRET_FIRECRAWL_KEY", "firecrawl_key", "fc-", HEX, 32, 32),
    named("SECRET_EXA_KEY", "exa_key", r"exa[ _.\-]?api", UUID, apart=True),
    marked("SECRET_E2B_KEY", "e2b_key", "e2b_", HEX, 40, 40),
    marked("SECRET_MODAL_TOKEN", "modal_token", "a[ks]-", ALNUM, 22, 22),
    marked("SECRET_RUNPOD_KEY", "runpod_key", "rpa_", ALNUM, 40, 50),
    marked("SECRET_WANDB_KEY", "wandb_key", "wandb_v1_", WORD, 70, 90),
    named("SECRET_WANDB_KEY", "wandb_named_key", "(?:wandb|weights[_.-]?and[_.-]?biases)", r"[0-9a-f]{40}", apart=True),
    named("SECRET_ROBOFLOW_KEY", "roboflow_key", "roboflow", r"[0-9A-Za-z]{20}"),
    marked("SECRET_BROWSERBASE_KEY", "browserbase_key", "bb_live_", URL64, 26, 30),
    marked("SECRET_LLAMACLOUD_KEY", "llamacloud_key", "llx-", ALNUM, 48, 48),
    marked("SECRET_HELICONE_KEY", "helicone_key", "sk-helicone-", r"0-9a-z\-", 27, 60),
    named(
        "SECRET_AZURE_OPENAI_KEY",
        "azure_openai_key",
        r"(?:azure[ _.\-]?openai|aoai|cognitive[ _.\-]?services?)",
        r"[0-9a-f]{32}|[0-9A-Za-z]{84}",
    ),
    named("SECRET_STABILITY_KEY", "stability_key", "(?:stability(?:ai)?|dreamstudio)", r"sk-[0-9A-Za-z]{48}"),
    named("SECRET_WEAVIATE_KEY", "weaviate_key", "weaviate", r"[0-9A-Za-z]{36,40}"),
    named("SECRET_QDRANT_KEY", "qdrant_key", "qdrant", r"[0-9A-Za-z_\-]{43,60}"),
    marked(
        "SECRET_VOICEFLOW_KEY",
        "voiceflow_key",
        r"VF\.(?:DM|WS)\.",
        r"0-9A-Za-z.",
        41,
        41,
        exact=r"VF\.(?:DM|WS)\.[0-9a-f]{24}\.[0-9A-Za-z]{16}",
    ),
    marked("SECRET_BANNERBEAR_KEY", "bannerbear_key", "bb_(?:pr|ma)_", HEX, 30, 30),
    named("SECRET_RAPIDAPI_KEY", "rapidapi_key", r"(?:x[_.\-])?rapidapi", r"[0-9A-Za-z]{50}", apart=True),
    marked("SECRET_DIFY_KEY", "dify_key", "(?:app|dataset)-", ALNUM, 24, 24),
    named("SECRET_SERPAPI_KEY", "serpapi_key", "serp(?:er)?(?:api|[_.-])", r"[0-9a-f]{40}|[0-9a-f]{64}", apart=True),
)

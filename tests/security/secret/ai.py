"""Model providers and the tools around them: each rule with a text, the secret in it, and a text that is none.

The curly brackets stand for invented characters: see `example.py`.
"""

from typing import Final

from tests.security.secret.example import Example

TABLE: Final[tuple[Example, ...]] = (
    ("anthropic_key", 'token = "sk-ant-api{d2}-{w80}"', "sk-ant-api{d2}-{w80}", "sk-ant-api{x2}-{x80}"),
    ("openrouter_key", "Authorization: Bearer sk-or-{h64}", "sk-or-{h64}", "sk-or-{x64}"),
    ("huggingface_token", "use hf_{a34}.", "hf_{a34}", "hf_{x34}"),
    ("groq_key", "gsk_{a48}", "gsk_{a48}", "gsk_{x48}"),
    ("xai_key", 'token = "xai-{a70}"', "xai-{a70}", "xai-{x70}"),
    ("perplexity_key", "Authorization: Bearer pplx-{a40}", "pplx-{a40}", "pplx-{x40}"),
    ("replicate_token", "use r8_{w37}.", "r8_{w37}", "r8_{x37}"),
    ("cohere_key", 'os.environ["COHERE_API_TOKEN"] = "{a40}"', "{a40}", "checksum: {a40}"),
    ("mistral_key", "mistral API key: {a32}", "{a32}", "checksum: {a32}"),
    ("together_named_key", "export TOGETHER_API_KEY={h64}", "{h64}", "checksum: {h64}"),
    ("together_key", "use tgp_v1_{w40}.", "tgp_v1_{w40}", "tgp_v1_{x40}"),
    ("fireworks_key", "fw_{a22}", "fw_{a22}", "fw_{x22}"),
    ("elevenlabs_key", 'token = "sk_{h48}"', "sk_{h48}", "sk_{x48}"),
    ("elevenlabs_named_key", 'elevenlabsToken := "{h32}"', "{h32}", "checksum: {h32}"),
    ("nvidia_key", "use nvapi-{w60}.", "nvapi-{w60}", "nvapi-{x60}"),
    ("langsmith_key", "lsv2_pt_{h32}_{h10}", "lsv2_pt_{h32}_{h10}", "lsv2_pt_{x32}_{x10}"),
    ("langfuse_key", 'token = "sk-lf-{uuid}"', "sk-lf-{uuid}", "sk-lf-xxxxxxxx-xxxx"),
    ("pinecone_key", "Authorization: Bearer pcsk_{a60}", "pcsk_{a60}", "pcsk_{x60}"),
    ("pinecone_named_key", "export PINECONE_API_KEY={uuid}", "{uuid}", "checksum: {uuid}"),
    ("cerebras_key", "csk-{l45}", "csk-{l45}", "csk-{x45}"),
    ("assemblyai_key", '"assemblyai_token": "{h32}",', "{h32}", "checksum: {h32}"),
    ("deepgram_key", "deepgram_secret = '{h40}'", "{h40}", "checksum: {h40}"),
    ("deepl_key", 'deeplToken := "{uuid}"', "{uuid}", "checksum: {uuid}"),
    ("voyage_key", "pa-{w43}", "pa-{w43}", "pa-{x43}"),
    ("jina_key", 'token = "jina_{w58}"', "jina_{w58}", "jina_{x58}"),
    ("tavily_key", "Authorization: Bearer tvly-{w30}", "tvly-{w30}", "tvly-{x30}"),
    ("firecrawl_key", "use fc-{h32}.", "fc-{h32}", "fc-{x32}"),
    ("exa_key", "export EXAAPI_API_KEY={uuid}", "{uuid}", "checksum: {uuid}"),
    ("e2b_key", 'token = "e2b_{h40}"', "e2b_{h40}", "e2b_{x40}"),
    ("modal_token", "Authorization: Bearer ak-{a22}", "ak-{a22}", "ak-{x22}"),
    ("runpod_key", "use rpa_{a40}.", "rpa_{a40}", "rpa_{x40}"),
    ("wandb_key", "wandb_v1_{a70}", "wandb_v1_{a70}", "wandb_v1_{x70}"),
    ("wandb_named_key", "<wandb_key>{h40}</x>", "{h40}", "checksum: {h40}"),
    ("roboflow_key", "roboflow-api-key: {a20}", "{a20}", "checksum: {a20}"),
    ("browserbase_key", "use bb_live_{w26}.", "bb_live_{w26}", "bb_live_{x26}"),
    ("llamacloud_key", "llx-{a48}", "llx-{a48}", "llx-{x48}"),
    ("helicone_key", 'token = "sk-helicone-{l27}"', "sk-helicone-{l27}", "sk-helicone-{x27}"),
    ("azure_openai_key", "azureopenai_key: {h32}", "{h32}", "checksum: {h32}"),
    ("stability_key", '"stability_token": "sk-{a48}",', "sk-{a48}", "checksum: sk-{a48}"),
    ("weaviate_key", "weaviate_secret = '{a36}'", "{a36}", "checksum: {a36}"),
    ("qdrant_key", 'qdrantToken := "{w43}"', "{w43}", "checksum: {w43}"),
    ("voiceflow_key", "Authorization: Bearer VF.DM.{h24}.{a16}", "VF.DM.{h24}.{a16}", "VF.DM.{x24}.{x16}"),
    ("bannerbear_key", "use bb_pr_{h30}.", "bb_pr_{h30}", "bb_pr_{x30}"),
    ("rapidapi_key", 'os.environ["RAPIDAPI_API_TOKEN"] = "{a50}"', "{a50}", "checksum: {a50}"),
    ("dify_key", 'token = "app-{a24}"', "app-{a24}", "app-{x24}"),
    ("serpapi_key", "export SERPAPI_API_KEY={h40}", "{h40}", "checksum: {h40}"),
)

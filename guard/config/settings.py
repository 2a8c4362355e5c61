"""The settings: what one configuration file says, as frozen structs. No I/O, no rules; `load` makes sound ones.

Names carry their units. `docs/configuration.md` lists every key, and a test compares it with these structs.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

from guard.config.approval import AdminSettings, ApprovalSettings, WebhookSettings
from guard.config.budget import BudgetSettings
from guard.config.counters import CounterSettings, QueueSettings
from guard.config.decisions import DecisionSettings
from guard.config.energy import EnergySettings
from guard.config.identity import IdentitySettings
from guard.config.ledger import LedgerSettings
from guard.config.metrics import MetricsSettings
from guard.config.opa import OpaSettings
from guard.config.policy import PolicySettings
from guard.config.secret import Secret
from guard.config.section import Seconds, Section
from guard.config.tier import TierSettings
from guard.config.tokenizer import TokenizerSettings
from guard.config.usage_events import UsageEventSettings

BackendKind = Literal["openai", "vllm", "nim", "dynamo", "trtllm", "sglang", "ollama"]


class Timeouts(Section, frozen=True):
    """How long a backend may be silent. There is no bound on a stream's whole duration."""

    connect_s: Annotated[Seconds, Meta(description="Seconds until the connection stands.")] = 5.0
    first_byte_s: Annotated[Seconds, Meta(description="Seconds until a stream's first byte.")] = 120.0
    whole_s: Annotated[Seconds, Meta(description="Seconds until an answer that is not streamed is there.")] = 600.0
    idle_s: Annotated[Seconds, Meta(description="Seconds between two reads of an answer.")] = 120.0


Modality = Literal["text", "image", "audio", "video", "file"]


class BackendSettings(Section, frozen=True):
    """A model server. Certificates are always verified: `ca_file` names another authority to trust."""

    name: Annotated[str, Meta(description="Its name in metrics, the ledger and policies.")]
    base_url: Annotated[str, Meta(description="Where its API begins, usually ending in /v1. No credentials in it.")]
    kind: Annotated[BackendKind, Meta(description="Which server it is.")] = "openai"
    api_key: Annotated[Secret | None, Meta(description="What the backend sees; a client's key never travels on.")] = (
        None
    )
    models: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Model names that it serves, as fnmatch patterns.")
    ] = ("*",)
    modalities: Annotated[
        tuple[Modality, ...], Meta(min_length=1, description="What its models take, for the policy: image, audio, …")
    ] = ("text",)
    timeouts: Annotated[Timeouts, Meta(description="How long it may be silent.")] = Timeouts()
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None
    concurrency: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="Most requests that it has at one time; more wait in a fair queue. None: no bound."),
    ] = None
    priority: Annotated[
        bool, Meta(description="Whether it schedules by priority, so that it is told each request's.")
    ] = False


class KeySettings(Section, frozen=True):
    """A client's key, known by its digest only."""

    name: Annotated[str, Meta(description="Its name in the ledger and policies.")]
    sha256: Annotated[str, Meta(description="SHA-256 of the key, 64 lower-case hex digits; `guard key new` makes one.")]
    tenant: Annotated[str, Meta(description="Whom its tokens are accounted to.")] = "default"
    tier: Annotated[str, Meta(description="What policies grant it by, and its limits.")] = "default"


class Limits(Section, frozen=True):
    """Bounds on what strangers send."""

    body_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest request body.")] = 10_485_760
    json_depth: Annotated[int, Meta(ge=4, le=512, description="Deepest nesting of a JSON body.")] = 64
    event_bytes: Annotated[int, Meta(ge=1024, le=1 << 28, description="Largest single event of a stream.")] = 1_048_576
    answer_bytes: Annotated[int, Meta(ge=1024, le=1 << 30, description="Largest answer that is not streamed.")] = (
        33_554_432
    )
    exchanges: Annotated[int, Meta(ge=1, le=1_000_000, description="Most exchanges at one time.")] = 4096


class StreamSettings(Section, frozen=True):
    """How streams flow."""

    lull_ms: Annotated[
        int, Meta(ge=1, le=10_000, description="How long clean text may wait to leave with its whole frame.")
    ] = 40


class InferenceServer(Section, frozen=True):
    """A server that runs the models in Guard's place, over the Open Inference Protocol (KServe v2)."""

    url: Annotated[str, Meta(description="Where it is: http, https, grpc or grpcs, with host and port.")]
    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    ca_file: Annotated[str | None, Meta(description="PEM file of the authorities to trust for https and grpcs.")] = None
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="Longest that one call may take.")] = 2.0


class InferenceSettings(Section, frozen=True):
    """The classifiers: which run, where, and how long their verdict is waited for."""

    classifiers: Annotated[
        tuple[Literal["injection", "unsafe"], ...], Meta(description="The scores that texts get; none: no models.")
    ] = ("injection", "unsafe")
    names: Annotated[
        bool | None, Meta(description="Whether names and addresses are looked for; by default where there is a model.")
    ] = None
    names_left_words: Annotated[
        int, Meta(ge=0, le=64, description="Words that are read before what could be a name in an answer.")
    ] = 12
    names_right_words: Annotated[
        int, Meta(ge=1, le=16, description="Words that are waited for behind what could be a name in an answer.")
    ] = 4
    trusted_roles: Annotated[
        tuple[str, ...], Meta(description="Roles whose messages speak for the operator and are not scored.")
    ] = ("system", "developer")
    verdict_s: Annotated[float, Meta(gt=0, le=600, description="Longest that one verdict is waited for.")] = 10.0
    device: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt"], Meta(description="Where models run; auto takes the best there is.")
    ] = "auto"
    threads: Annotated[int, Meta(ge=1, le=64, description="CPU threads that share one run of a model.")] = 1
    lanes: Annotated[int, Meta(ge=1, le=64, description="Batches of one model that run side by side.")] = 1
    batch_windows: Annotated[int, Meta(ge=1, le=1024, description="Most windows in one batch.")] = 32
    queue_windows: Annotated[int, Meta(ge=1, le=1_000_000, description="Most windows that wait for one model.")] = 8192
    streams: Annotated[int, Meta(ge=64, le=1_000_000, description="Most texts of answers read at one time.")] = 16_384
    step_ms: Annotated[
        float, Meta(ge=0, le=1000, description="Time between two readings of all streams, half of it for few streams.")
    ] = 7.0
    server: Annotated[InferenceServer | None, Meta(description="Where models run in place of here.")] = None


class PseudonymSettings(Section, frozen=True):
    """Placeholders and surrogates: what they are made with."""

    secret: Annotated[
        Secret | None,
        Meta(description="What they are keyed with, 16 bytes or more. None: one is drawn at each start."),
    ] = None
    scope: Annotated[Literal["tenant", "conversation"], Meta(description="How far one value has one placeholder.")] = (
        "tenant"
    )


class RecognizerSettings(Section, frozen=True):
    """Which of Presidio's recognizers, and of a user's own in its forms, run beside Guard's detectors."""

    presidio: Annotated[
        tuple[str, ...],
        Meta(description="Names of Presidio's recognizers; `default`, `all`; none: Presidio is not used."),
    ] = ("default",)
    countries: Annotated[
        tuple[str, ...],
        Meta(description="Countries whose recognizers run as well, as Presidio writes them: us, uk, de."),
    ] = ()
    without: Annotated[tuple[str, ...], Meta(description="Names of recognizers that do not run all the same.")] = ()
    files: Annotated[tuple[str, ...], Meta(description="YAML files of recognizers in Presidio's format.")] = ()
    plugins: Annotated[
        tuple[str, ...], Meta(description="Installed plug-ins, by their name in the entry points guard.recognizers.")
    ] = ()
    threshold: Annotated[
        float, Meta(ge=0, le=1, description="The score from which their findings count, if a policy names no other.")
    ] = 0.4


class SecretSettings(Section, frozen=True):
    """A user's own rules for secrets, beside Guard's."""

    gitleaks: Annotated[tuple[str, ...], Meta(description="TOML files of rules in gitleaks' format.")] = ()


class LogSettings(Section, frozen=True):
    """What is logged, and how. User text never is."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least level shown.")] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="JSON lines, or text for a terminal.")] = "json"


class Settings(Section, frozen=True):
    """Guard's configuration. Relative paths in the file start at the file's own directory."""

    backends: Annotated[tuple[BackendSettings, ...], Meta(min_length=1, description="The model servers.")]
    listen: Annotated[str, Meta(description="ADDRESS:PORT to listen on; an IP address or localhost.")] = (
        "127.0.0.1:8080"
    )
    keys: Annotated[tuple[KeySettings, ...], Meta(description="Clients' keys. None: no key is asked for.")] = ()
    tiers: Annotated[Mapping[str, TierSettings], Meta(description="What each tier may have. None: no limits.")] = {}
    counters: Annotated[CounterSettings, Meta(description="Where tiers' limits are counted.")] = CounterSettings()
    replicas: Annotated[
        int, Meta(ge=1, le=100_000, description="How many processes serve with this configuration, workers included.")
    ] = 1
    queue: Annotated[QueueSettings, Meta(description="How requests wait for a backend that is full.")] = QueueSettings()
    identity: Annotated[IdentitySettings, Meta(description="Who may ask, beside those keys.")] = IdentitySettings()
    open: Annotated[bool, Meta(description="Take requests without a key from other machines.")] = False
    policies: Annotated[
        str, Meta(description="Directory of Rego policies, a bundle.tar.gz or its address; unless OPA decides.")
    ] = ""
    policy: Annotated[PolicySettings, Meta(description="How policies are had, verified and replaced.")] = (
        PolicySettings()
    )
    opa: Annotated[OpaSettings | None, Meta(description="An OPA server that decides in place of policies here.")] = None
    models: Annotated[
        str, Meta(description="Directory of models with their manifest; by default the one that comes with Guard.")
    ] = ""
    inference: Annotated[InferenceSettings, Meta(description="The classifiers.")] = InferenceSettings()
    recognizers: Annotated[RecognizerSettings, Meta(description="Recognizers beside Guard's own.")] = (
        RecognizerSettings()
    )
    secrets: Annotated[SecretSettings, Meta(description="Rules for secrets beside Guard's own.")] = SecretSettings()
    pattern_cache: Annotated[
        str | None,
        Meta(description="Directory that keeps compiled patterns; by default the user's cache; null: none is kept."),
    ] = ""
    canaries: Annotated[
        tuple[Secret, ...], Meta(description="Strings planted in system prompts that no answer may show.")
    ] = ()
    pseudonyms: Annotated[PseudonymSettings, Meta(description="Placeholders and surrogates.")] = PseudonymSettings()
    ledger: Annotated[
        str | LedgerSettings,
        Meta(description="The ledger; a text is its url: sqlite:///relative.db, sqlite:////absolute.db, sqlite://."),
    ] = "sqlite:///guard.db"
    ledger_flush_ms: Annotated[int, Meta(ge=1, le=60_000, description="Longest that an entry waits to be written.")] = (
        250
    )
    tokenizers: Annotated[
        tuple[TokenizerSettings, ...], Meta(description="Who counts the tokens that backends do not report.")
    ] = ()
    prices: Annotated[str, Meta(description="File of what tokens cost; none: nothing is rated.")] = ""
    budgets: Annotated[tuple[BudgetSettings, ...], Meta(description="Who may spend how much.")] = ()
    budget_webhook: Annotated[WebhookSettings | None, Meta(description="Who is told when budgets run low.")] = None
    usage_events: Annotated[UsageEventSettings | None, Meta(description="Which billing system is told of usage.")] = (
        None
    )
    unpriced: Annotated[
        Literal["allow", "deny"], Meta(description="Whether models that the price book lacks are served.")
    ] = "allow"
    energy: Annotated[EnergySettings, Meta(description="What is metered of energy.")] = EnergySettings()
    approval: Annotated[ApprovalSettings, Meta(description="What waits for a person.")] = ApprovalSettings()
    admin: Annotated[AdminSettings, Meta(description="Who may use the admin API.")] = AdminSettings()
    limits: Annotated[Limits, Meta(description="Bounds on what strangers send.")] = Limits()
    stream: Annotated[StreamSettings, Meta(description="How streams flow.")] = StreamSettings()
    decisions: Annotated[DecisionSettings, Meta(description="What becomes of decisions.")] = DecisionSettings()
    log: Annotated[LogSettings, Meta(description="What is logged, and how.")] = LogSettings()
    metrics: Annotated[MetricsSettings, Meta(description="Who may read what Guard counts.")] = MetricsSettings()
    shutdown_s: Annotated[
        int, Meta(ge=0, le=3600, description="Seconds that running exchanges get to end on shutdown.")
    ] = 30

    @property
    def asks(self) -> bool:
        """Whether requests need a credential."""
        return bool(self.keys) or self.identity.asks

    @property
    def policy_source(self) -> str:
        """Where policies come from: a path, or an http(s) address; nowhere if OPA decides."""
        return self.policy.source or self.policies

    @property
    def ledger_section(self) -> LedgerSettings:
        """The ledger as a section, also where the file has a text."""
        return LedgerSettings(url=self.ledger) if isinstance(self.ledger, str) else self.ledger

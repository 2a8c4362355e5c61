"""The configuration: Settings from one YAML file. Only `app` and `cli` import it.

Every key is listed in `docs/configuration.md`.
"""

from guard.config.address import Address, parse_address
from guard.config.approval import WebhookSettings
from guard.config.budget import BudgetSettings
from guard.config.decisions import LogPlaceSettings, RecordSettings
from guard.config.energy import EnergySettings, PoolSettings
from guard.config.identity import JwtSettings
from guard.config.ledger import LedgerSettings
from guard.config.loader import load, with_listen
from guard.config.opa import OpaSettings
from guard.config.policy import PolicySettings, VerifySettings
from guard.config.price import load_prices
from guard.config.rule_policy import is_address
from guard.config.schema import schema
from guard.config.secret import Secret
from guard.config.settings import (
    BackendKind,
    BackendSettings,
    InferenceServer,
    InferenceSettings,
    KeySettings,
    Limits,
    LogSettings,
    RecognizerSettings,
    SecretSettings,
    Settings,
    StreamSettings,
    Timeouts,
)
from guard.config.starter import bundled_models, bundled_policies, demo_settings, standalone_settings, starter_policies
from guard.config.tier import TierSettings
from guard.config.tokenizer import TokenizerSettings
from guard.config.usage_events import UsageEventSettings
from guard.config.weight import load_weights

__all__ = [
    "Address",
    "BackendKind",
    "BackendSettings",
    "BudgetSettings",
    "EnergySettings",
    "InferenceServer",
    "InferenceSettings",
    "JwtSettings",
    "KeySettings",
    "LedgerSettings",
    "Limits",
    "LogPlaceSettings",
    "LogSettings",
    "OpaSettings",
    "PolicySettings",
    "PoolSettings",
    "RecognizerSettings",
    "RecordSettings",
    "Secret",
    "SecretSettings",
    "Settings",
    "StreamSettings",
    "TierSettings",
    "Timeouts",
    "TokenizerSettings",
    "UsageEventSettings",
    "VerifySettings",
    "WebhookSettings",
    "bundled_models",
    "bundled_policies",
    "demo_settings",
    "is_address",
    "load",
    "load_prices",
    "load_weights",
    "parse_address",
    "schema",
    "standalone_settings",
    "starter_policies",
    "with_listen",
]

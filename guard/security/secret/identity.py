"""Identity providers, vaults, key files and networks: what lets one in elsewhere.

Sources: what public scanners list of each provider's tokens, not compared with its manual; the formats of age,
WireGuard, crypt(3) and htpasswd.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, URL64, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    named("SECRET_OKTA_TOKEN", "okta_token", "(?:okta|ssws)", r"00[0-9A-Za-z_\-]{40}", apart=True),
    named("SECRET_AUTH0_SECRET", "auth0_secret", "auth0", r"[0-9A-Za-z_\-]{64}", apart=True),
    marked("SECRET_STYTCH_SECRET", "stytch_secret", "secret-(?:live|test)-", r"0-9A-Za-z_=\-", 36, 60),
    marked("SECRET_JUMPCLOUD_KEY", "jumpcloud_key", "jca_", ALNUM, 36, 40),
    named("SECRET_ONELOGIN_SECRET", "onelogin_secret", "onelogin", r"[0-9a-f]{64}"),
    marked("SECRET_OPENSHIFT_TOKEN", "openshift_token", "sha256~", URL64, 43, 43),
    marked("SECRET_AGE_KEY", "age_key", "AGE-SECRET-KEY-1", "0-9A-Z", 58, 58),
    marked("SECRET_ONEPASSWORD_TOKEN", "onepassword_token", "ops_eyJ", r"0-9A-Za-z+/=_\-", 200),
    marked(
        "SECRET_ONEPASSWORD_KEY",
        "onepassword_key",
        "A3-[0-9A-Z]{6}-",
        r"0-9A-Z\-",
        29,
        30,
        exact="A3-[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}",
    ),
    marked("SECRET_VAULT_TOKEN", "vault_token", r"hv[sbr]\.", URL64, 24, 300),
    marked(
        "SECRET_VAULT_TOKEN",
        "vault_legacy_token",
        r"[sbr]\.",
        ALNUM,
        24,
        24,
        check=lambda text: any(map(str.isdigit, text[2:])) and text[2:] != text[2:].lower(),
    ),
    marked("SECRET_DOPPLER_TOKEN", "doppler_token", r"dp\.(?:ct|pt|st|sa|scim|audit)\.", r"0-9A-Za-z_.\-", 40, 80),
    marked(
        "SECRET_INFISICAL_TOKEN",
        "infisical_token",
        r"st\.",
        r"0-9a-f.",
        80,
        exact=r"st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}",
    ),
    marked("SECRET_TAILSCALE_KEY", "tailscale_key", r"tskey-[a-z]{3,10}-", r"0-9A-Za-z\-", 20, 80),
    marked(
        "SECRET_AUTHRESS_KEY",
        "authress_key",
        "(?:sc|ext|scauth|authress)_[0-9a-z]{5,30}\\.",
        r"0-9A-Za-z._+/=\-",
        50,
        200,
        exact=r"(?:sc|ext|scauth|authress)_[0-9a-z]{5,30}\.[0-9a-z]{4,6}\.acc[_\-][0-9a-z\-]{10,32}\.[0-9A-Za-z+/_=\-]{30,120}",
    ),
    marked("SECRET_DNKEY", "defined_networking_key", "dnkey-", r"0-9A-Za-z_=\-", 79, 79),
    named(
        "SECRET_WIREGUARD_KEY",
        "wireguard_key",
        "(?:private|preshared)key",
        r"[0-9A-Za-z+/]{42}[048AEIMQUYcgkosw]=",
        apart=True,
    ),
    named("SECRET_LARAVEL_KEY", "laravel_key", "app[_]key", r"base64:[0-9A-Za-z+/]{43}=", apart=True),
    marked("SECRET_ADOBE_SECRET", "adobe_secret", "p[48]e-", r"0-9A-Za-z_\-", 32, 32),
    named("SECRET_ADOBE_KEY", "adobe_key", "adobe", r"[0-9a-f]{32}", apart=True),
    marked(
        "SECRET_PASSWORD_HASH", "bcrypt_hash", r"\$2[abxy]\$[0-9]{2}\$", r"0-9A-Za-z./", 53, 53, not_after="0-9A-Za-z$"
    ),
    marked(
        "SECRET_PASSWORD_HASH",
        "crypt_hash",
        r"\$(?:1|5|6|y|gy|7|apr1)\$",
        r"0-9A-Za-z./$=,",
        26,
        exact=r"\$(?:1|5|6|y|gy|7|apr1)\$(?:rounds=[0-9]{1,9}\$)?[0-9A-Za-z./$]{26,120}",
        not_after="0-9A-Za-z$",
    ),
    marked(
        "SECRET_PASSWORD_HASH", "argon2_hash", r"\$argon2(?:id|i|d)\$", r"0-9A-Za-z+/$=,", 40, not_after="0-9A-Za-z$"
    ),
    marked("SECRET_PASSWORD_HASH", "django_hash", r"pbkdf2_sha(?:1|256|512)\$[0-9]{4,8}\$", r"0-9A-Za-z+/=$", 40),
    named("SECRET_NPM_AUTH", "npm_auth", r"_auth", r"[0-9A-Za-z+/]{20,}={0,2}", apart=True),
    marked("SECRET_INTRA42_SECRET", "intra42_secret", "s-s4t2(?:ud|af)-", HEX, 64, 64),
    marked("SECRET_SETTLEMINT_TOKEN", "settlemint_token", "sm_[aps]at_", ALNUM, 16, 20),
    marked("SECRET_NIGHTFALL_KEY", "nightfall_key", "NF-", ALNUM, 32, 32),
    marked("SECRET_TRUFFLEHOG_KEY", "trufflehog_key", "thog-(?:key|secret)-", HEX, 16, 32),
    marked("SECRET_FLEETBASE_KEY", "fleetbase_key", "flb_(?:live|test)_", ALNUM, 20, 20),
    marked("SECRET_FLEXPORT_KEY", "flexport_key", "shltm_", URL64, 40, 40),
    named("SECRET_PRIVATEAI_KEY", "privateai_key", "private[_.-]?ai", r"[0-9a-z]{32}"),
    named("SECRET_GITTER_TOKEN", "gitter_token", "gitter", r"[0-9a-f]{40}"),
    named("SECRET_FRESHBOOKS_TOKEN", "freshbooks_token", "freshbooks", r"[0-9a-f]{64}"),
    named("SECRET_MAGENTO_TOKEN", "magento_token", "magento", r"[0-9a-z]{32}"),
    named(
        "SECRET_SIDEKIQ_SECRET",
        "sidekiq_secret",
        "bundle_(?:enterprise|gems)__contribsys__com",
        r"[0-9a-f]{8}:[0-9a-f]{8}",
        apart=True,
    ),
)

"""Identity providers, vaults and key files: each rule with a text, the secret in it, and a text that is none.

The curly brackets stand for invented characters: see `example.py`.
"""

from typing import Final

from tests.security.secret.example import Example

TABLE: Final[tuple[Example, ...]] = (
    ("okta_token", "export OKTA_API_KEY=00{w40}", "00{w40}", "checksum: 00{w40}"),
    ("auth0_secret", "auth0_key: {w64}", "{w64}", "checksum: {w64}"),
    ("stytch_secret", "use secret-live-{w36}.", "secret-live-{w36}", "secret-live-{x36}"),
    ("jumpcloud_key", "jca_{a36}", "jca_{a36}", "jca_{x36}"),
    ("onelogin_secret", 'oneloginToken := "{h64}"', "{h64}", "checksum: {h64}"),
    ("openshift_token", "Authorization: Bearer sha256~{w43}", "sha256~{w43}", "sha256~{x43}"),
    ("age_key", "use AGE-SECRET-KEY-1{u58}.", "AGE-SECRET-KEY-1{u58}", "AGE-SECRET-KEY-1{x58}"),
    ("onepassword_token", "ops_eyJ{b200}", "ops_eyJ{b200}", "ops_eyJ{x200}"),
    (
        "onepassword_key",
        'token = "A3-{u6}-{u11}-{u5}-{u5}-{u5}"',
        "A3-{u6}-{u11}-{u5}-{u5}-{u5}",
        "A3-{x6}-{x11}-{x5}-{x5}-{x5}",
    ),
    ("vault_token", "Authorization: Bearer hvs.{w24}", "hvs.{w24}", "hvs.{x24}"),
    ("vault_legacy_token", "use s.{a24}.", "s.{a24}", "s.{x24}"),
    ("doppler_token", "dp.ct.{w40}", "dp.ct.{w40}", "dp.ct.{x40}"),
    ("infisical_token", 'token = "st.{h24}.{h32}.{h32}"', "st.{h24}.{h32}.{h32}", "st.{x24}.{x32}.{x32}"),
    ("tailscale_key", "Authorization: Bearer tskey-auth-{a20}", "tskey-auth-{a20}", "tskey-auth-{x20}"),
    (
        "authress_key",
        "use sc_{l5}.{l4}.acc-{l10}.{b30}.",
        "sc_{l5}.{l4}.acc-{l10}.{b30}",
        "sc_{x5}.{x4}.acc-{x10}.{x30}",
    ),
    ("defined_networking_key", "dnkey-{w79}", "dnkey-{w79}", "dnkey-{x79}"),
    ("wireguard_key", 'os.environ["PRIVATEKEY_API_TOKEN"] = "{b42}0="', "{b42}0=", "checksum: {b42}0="),
    ("laravel_key", "app_key API key: base64:{b43}=", "base64:{b43}=", "checksum: base64:{b43}="),
    ("adobe_secret", "use p4e-{w32}.", "p4e-{w32}", "p4e-{x32}"),
    ("adobe_key", "adobe_key: {h32}", "{h32}", "checksum: {h32}"),
    ("bcrypt_hash", 'token = "$2b$12${a53}"', "$2b$12${a53}", "$2b$12${x53}"),
    ("crypt_hash", "root:$6${a8}${a86}:19000:0:99999:7:::", "$6${a8}${a86}", "$6${x86}"),
    (
        "argon2_hash",
        "use $argon2id$v=19$m=65536,t=3,p=4${b22}${b43}",
        "$argon2id$v=19$m=65536,t=3,p=4${b22}${b43}",
        "$argon2id${x40}",
    ),
    ("django_hash", "pbkdf2_sha256$600000${b40}", "pbkdf2_sha256$600000${b40}", "pbkdf2_sha256$600000${x40}"),
    ("npm_auth", "_auth-api-key: {b20}", "{b20}", "checksum: {b20}"),
    ("intra42_secret", "Authorization: Bearer s-s4t2ud-{h64}", "s-s4t2ud-{h64}", "s-s4t2ud-{x64}"),
    ("settlemint_token", "use sm_{a1}at_{a16}.", "sm_{a1}at_{a16}", "sm_{x1}at_{x16}"),
    ("nightfall_key", "NF-{a32}", "NF-{a32}", "NF-{x32}"),
    ("trufflehog_key", 'token = "thog-key-{h16}"', "thog-key-{h16}", "thog-key-{x16}"),
    ("fleetbase_key", "Authorization: Bearer flb_live_{a20}", "flb_live_{a20}", "flb_live_{x20}"),
    ("flexport_key", "use shltm_{w40}.", "shltm_{w40}", "shltm_{x40}"),
    ("privateai_key", 'privateaiToken := "{l32}"', "{l32}", "checksum: {l32}"),
    ("gitter_token", "<gitter_key>{h40}</x>", "{h40}", "checksum: {h40}"),
    ("freshbooks_token", "freshbooks-api-key: {h64}", "{h64}", "checksum: {h64}"),
    ("magento_token", 'os.environ["MAGENTO_API_TOKEN"] = "{l32}"', "{l32}", "checksum: {l32}"),
    ("sidekiq_secret", "bundle_enterprise__contribsys__com API key: {h8}:{h8}", "{h8}:{h8}", "checksum: {h8}:{h8}"),
)

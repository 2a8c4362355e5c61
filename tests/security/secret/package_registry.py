"""Package and image registries: each rule with a text, the secret in it, and a text that is none.

The curly brackets stand for invented characters: see `example.py`.
"""

from typing import Final

from tests.security.secret.example import Example

TABLE: Final[tuple[Example, ...]] = (
    ("npm_token", 'token = "npm_{a36}"', "npm_{a36}", "npm_{x36}"),
    ("npm_named_token", "npm_key: {uuid}", "{uuid}", "checksum: {uuid}"),
    ("pypi_token", "use pypi-AgE{w50}.", "pypi-AgE{w50}", "pypi-AgE{x50}"),
    ("rubygems_key", "rubygems_{h48}", "rubygems_{h48}", "rubygems_{x48}"),
    ("clojars_token", 'token = "CLOJARS_{a60}"', "CLOJARS_{a60}", "CLOJARS_{x60}"),
    ("nuget_key", "Authorization: Bearer oy2{l43}", "oy2{l43}", "oy2{x43}"),
    ("docker_token", "use dckr_oat_{w27}.", "dckr_oat_{w27}", "dckr_oat_{x27}"),
    ("docker_named_token", 'os.environ["DOCKER_API_TOKEN"] = "{uuid}"', "{uuid}", "checksum: {uuid}"),
    ("crates_token", 'token = "cio{a32}"', "cio{a32}", "cio{x32}"),
    ("artifactory_key", "Authorization: Bearer AKCp{a69}", "AKCp{a69}", "AKCp{x69}"),
    ("artifactory_token", "use cmVmd{a59}.", "cmVmd{a59}", "cmVmd{x59}"),
    ("artifactory_named_token", '"jfrog_token": "{a64}",', "{a64}", "checksum: {a64}"),
    ("jsr_token", 'token = "jsrp_{a32}"', "jsrp_{a32}", "jsrp_{x32}"),
    ("cloudsmith_key", 'cloudsmithToken := "{h40}"', "{h40}", "checksum: {h40}"),
    ("hex_key", "<hex_api_key>{h32}</x>", "{h32}", "checksum: {h32}"),
    ("packagist_token", "packagist-api-key: {a20}", "{a20}", "checksum: {a20}"),
    ("quay_token", 'token = "quay-pat-{a40}"', "quay-pat-{a40}", "quay-pat-{x40}"),
)

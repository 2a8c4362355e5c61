"""Package and image registries, and the artefact stores beside them.

Sources: what public scanners list of each registry's tokens, not compared with its manual.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, URL64, UUID, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    marked("SECRET_NPM_TOKEN", "npm_token", "npm_", ALNUM, 36, 36),
    named("SECRET_NPM_TOKEN", "npm_named_token", r"(?:npm|_auth(?:token)?)", UUID, apart=True),
    marked("SECRET_PYPI_TOKEN", "pypi_token", "pypi-AgE", URL64, 50, 1000),
    marked("SECRET_RUBYGEMS_KEY", "rubygems_key", "rubygems_", HEX, 48, 48),
    marked("SECRET_CLOJARS_TOKEN", "clojars_token", "CLOJARS_", "0-9A-Za-z", 60, 60),
    marked("SECRET_NUGET_KEY", "nuget_key", "oy2", "0-9a-z", 43, 43),
    marked("SECRET_DOCKER_TOKEN", "docker_token", "dckr_[po]at_", URL64, 27, 32),
    named("SECRET_DOCKER_TOKEN", "docker_named_token", r"docker(?:[_.\-]?hub)?", UUID),
    marked("SECRET_CRATES_TOKEN", "crates_token", "cio", ALNUM, 32, 32),
    marked("SECRET_ARTIFACTORY_KEY", "artifactory_key", "AKCp", ALNUM, 69, 69),
    marked("SECRET_ARTIFACTORY_TOKEN", "artifactory_token", "cmVmd", ALNUM, 59, 59),
    named(
        "SECRET_ARTIFACTORY_TOKEN",
        "artifactory_named_token",
        "(?:jfrog|artifactory|bintray|xray)",
        r"[0-9A-Za-z]{64}|[0-9A-Za-z]{73}",
        apart=True,
    ),
    marked("SECRET_JSR_TOKEN", "jsr_token", "jsr[dp]_", ALNUM, 32, 48),
    named("SECRET_CLOUDSMITH_KEY", "cloudsmith_key", "cloudsmith", r"[0-9a-f]{40}"),
    named("SECRET_HEX_KEY", "hex_key", r"hex(?:pm)?[ _.\-]api", r"[0-9a-f]{32}", apart=True),
    named("SECRET_PACKAGIST_TOKEN", "packagist_token", "packagist", r"[0-9A-Za-z_]{20,70}"),
    marked("SECRET_QUAY_TOKEN", "quay_token", "quay-pat-", ALNUM, 40, 80),
)

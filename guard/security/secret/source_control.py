"""Where code lives and is built: source control, continuous integration, scanners, planning.

Sources: what public scanners list of each provider's tokens, not compared with its manual; GitLab's "Token prefixes".
GitHub's own are in `guard/security/github.py`.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, LOWER, URL64, UUID, WORD, marked, named

_ROUTABLE: Final = r"[0-9A-Za-z_\-]{20,300}(?:\.[0-9a-z]{2}[.]?[0-9a-z]{7,9})?"
"""GitLab's newer tokens end in a dot, a length and a checksum."""
_GITLAB_CHARS: Final = r"0-9A-Za-z_\-."

PATTERNS: Final[tuple[Pattern, ...]] = (
    named("SECRET_GITHUB_TOKEN", "github_named_token", "(?:github|gh|ghe)", r"[0-9a-f]{40}", apart=True),
    marked("SECRET_GITLAB_TOKEN", "gitlab_token", "glpat-", _GITLAB_CHARS, 20, exact=f"glpat-{_ROUTABLE}"),
    marked("SECRET_GITLAB_DEPLOY_TOKEN", "gitlab_deploy_token", "gldt-", _GITLAB_CHARS, 20, exact=f"gldt-{_ROUTABLE}"),
    marked(
        "SECRET_GITLAB_RUNNER_TOKEN", "gitlab_runner_token", "glrtr?-", _GITLAB_CHARS, 20, exact=f"glrtr?-{_ROUTABLE}"
    ),
    marked("SECRET_GITLAB_RUNNER_TOKEN", "gitlab_registration_token", "GR1348941", URL64, 20, 20),
    marked("SECRET_GITLAB_JOB_TOKEN", "gitlab_job_token", "glcbt-", _GITLAB_CHARS, 20, exact=f"glcbt-{_ROUTABLE}"),
    marked("SECRET_GITLAB_TRIGGER_TOKEN", "gitlab_trigger_token", "glptt-", HEX, 40, 40),
    marked("SECRET_GITLAB_FEED_TOKEN", "gitlab_feed_token", "glft-", _GITLAB_CHARS, 20, exact=f"glft-{_ROUTABLE}"),
    marked("SECRET_GITLAB_MAIL_TOKEN", "gitlab_mail_token", "glimt-", _GITLAB_CHARS, 20, exact=f"glimt-{_ROUTABLE}"),
    marked(
        "SECRET_GITLAB_AGENT_TOKEN", "gitlab_agent_token", "glagent-", _GITLAB_CHARS, 50, exact=f"glagent-{_ROUTABLE}"
    ),
    marked("SECRET_GITLAB_OAUTH_SECRET", "gitlab_oauth_secret", "gloas-", HEX, 64, 64),
    marked("SECRET_GITLAB_SCIM_TOKEN", "gitlab_scim_token", "glsoat-", _GITLAB_CHARS, 20, exact=f"glsoat-{_ROUTABLE}"),
    marked(
        "SECRET_GITLAB_FEATURE_TOKEN", "gitlab_feature_token", "glffct-", _GITLAB_CHARS, 20, exact=f"glffct-{_ROUTABLE}"
    ),
    marked("SECRET_GITLAB_SESSION", "gitlab_session", "_gitlab_session=", HEX, 32, 32),
    marked("SECRET_BITBUCKET_PASSWORD", "bitbucket_password", "ATBB", ALNUM, 32, 32),
    marked("SECRET_BITBUCKET_TOKEN", "bitbucket_token", "BBDC-", r"0-9A-Za-z+/@_\-", 40, 50),
    named(
        "SECRET_BITBUCKET_SECRET",
        "bitbucket_secret",
        "bitbucket",
        r"[0-9A-Za-z]{32}|[0-9A-Za-z_=\-]{64}",
    ),
    marked("SECRET_ATLASSIAN_TOKEN", "atlassian_token", "AT[AC]TT3", r"0-9A-Za-z_=+/\-", 60, 240),
    named(
        "SECRET_ATLASSIAN_TOKEN",
        "atlassian_named_token",
        "(?:atlassian|confluence|jira)",
        r"[0-9A-Za-z]{24}",
        apart=True,
    ),
    named("SECRET_GITEA_TOKEN", "gitea_token", "(?:gitea|forgejo|codeberg|gogs)", r"[0-9a-f]{40}", apart=True),
    marked(
        "SECRET_SOURCEGRAPH_TOKEN",
        "sourcegraph_token",
        "sgp_",
        WORD,
        40,
        57,
        exact="sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}",
    ),
    marked("SECRET_SOURCEGRAPH_KEY", "sourcegraph_key", "slk_", HEX, 64, 64),
    marked(
        "SECRET_CIRCLECI_TOKEN",
        "circleci_token",
        "CCI(?:PAT|PRJ)_",
        WORD,
        63,
        63,
        exact="CCI(?:PAT|PRJ)_[0-9A-Za-z]{22}_[0-9a-f]{40}",
    ),
    named("SECRET_CIRCLECI_TOKEN", "circleci_named_token", "circle(?:_)?ci", r"[0-9a-f]{40}", apart=True),
    named("SECRET_TRAVIS_TOKEN", "travis_token", "travis(?:[_.-]?ci)?", r"[0-9A-Za-z_\-]{20,22}", apart=True),
    marked("SECRET_BUILDKITE_TOKEN", "buildkite_token", "bk(?:ua|at|ct|aj)_", LOWER, 40, 64),
    named("SECRET_DRONE_TOKEN", "drone_token", "drone(?:[_.-]?ci)?", r"[0-9A-Za-z]{32}", apart=True),
    named("SECRET_CODECOV_TOKEN", "codecov_token", "codecov", UUID + "|[0-9a-z]{32}"),
    named("SECRET_SNYK_TOKEN", "snyk_token", "snyk", UUID, apart=True),
    marked("SECRET_SNYK_TOKEN", "snyk_service_token", "snyk_(?:sat|uat)\\.", r"0-9A-Za-z_.\-", 40),
    marked("SECRET_SONAR_TOKEN", "sonar_token", "sq[uap]_", HEX, 40, 40),
    named(
        "SECRET_SONAR_TOKEN", "sonar_named_token", "sonar(?:qube|cloud)?(?:[_.-]?login)?", r"[0-9a-f]{40}", apart=True
    ),
    marked("SECRET_SONAR_TOKEN", "sonar_cloud_token", "sqco_", ALNUM, 59, 59),
    marked(
        "SECRET_HARNESS_TOKEN",
        "harness_token",
        r"(?:pat|sat)\.",
        r"0-9A-Za-z_.\-",
        68,
        exact=r"(?:pat|sat)\.[0-9A-Za-z_\-]{22}\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{20}",
    ),
    marked("SECRET_OCTOPUS_KEY", "octopus_key", "API-", "0-9A-Z", 25, 36),
    marked("SECRET_POSTMAN_KEY", "postman_key", "PMAK-", r"0-9a-f\-", 59, 59, exact="PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    marked("SECRET_POSTMAN_TOKEN", "postman_token", "PMAT-", "0-9A-Z", 26, 26),
    marked("SECRET_README_KEY", "readme_key", "rdme_", LOWER, 70, 78),
    marked("SECRET_LINEAR_KEY", "linear_key", "lin_(?:api|oauth|wh)_", ALNUM, 40, 64),
    named("SECRET_LINEAR_SECRET", "linear_secret", r"linear[ _.\-]?client", r"[0-9a-f]{32}", apart=True),
    marked("SECRET_NOTION_TOKEN", "notion_token", "ntn_", ALNUM, 43, 50, exact="ntn_[0-9]{9,11}[0-9A-Za-z]{34,36}"),
    marked("SECRET_NOTION_TOKEN", "notion_secret", "secret_", ALNUM, 43, 43),
    marked("SECRET_AIRTABLE_TOKEN", "airtable_token", r"pat[0-9A-Za-z]{14}\.", HEX, 64, 64),
    named("SECRET_AIRTABLE_KEY", "airtable_key", "airtable", r"key[0-9A-Za-z]{14}"),
    marked("SECRET_FIGMA_TOKEN", "figma_token", "fig[doupr]{1,2}_", r"0-9A-Za-z_=\-", 40, 54),
    marked("SECRET_CLICKUP_TOKEN", "clickup_token", "pk_[0-9]{6,10}_", "0-9A-Z", 32, 32),
    named("SECRET_SHORTCUT_TOKEN", "shortcut_token", "(?:shortcut|clubhouse)", UUID),
    named("SECRET_ASANA_SECRET", "asana_secret", "asana", r"[0-9a-z]{32}", apart=True),
    marked(
        "SECRET_ASANA_TOKEN", "asana_token", "[12]/[0-9]{13,20}(?:/[0-9]{13,20})?:", HEX, 32, 32, not_after="0-9A-Za-z/"
    ),
    named("SECRET_TRELLO_KEY", "trello_key", "trello", r"[0-9a-f]{32}|[0-9a-f]{64}|ATTA[0-9A-Za-z]{72}", apart=True),
    marked("SECRET_TRELLO_TOKEN", "trello_token", "ATTA", ALNUM, 72, 72),
    named(
        "SECRET_CODECLIMATE_TOKEN",
        "codeclimate_token",
        r"(?:code[_.\-]?climate|cc[_.\-]test[_.\-]reporter)",
        r"[0-9a-f]{40}|[0-9a-f]{64}",
        apart=True,
    ),
    marked("SECRET_ENDOR_KEY", "endor_key", r"endr\+", r"0-9A-Za-z\-", 16, 16),
    marked("SECRET_HASURA_TOKEN", "hasura_token", "hasura-(?:pat|admin)-", r"0-9A-Za-z\-", 30, 60),
)

"""Logs, metrics, errors, alarms, analytics, feature flags, search and maps.

Sources: what public scanners list of each provider's keys, not compared with its manual. Keys for browsers (Sentry's
DSN, `phc_…`) are not meant here.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, BASE64, HEX, LOWER, URL64, UUID, UUID_CHARS, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    named("SECRET_DATADOG_KEY", "datadog_key", "(?:datadog|dd)", r"[0-9a-f]{32}|[0-9a-f]{40}", apart=True),
    marked("SECRET_DATADOG_TOKEN", "datadog_token", "dd(?:pat|sat)_", ALNUM, 40, 80),
    marked("SECRET_NEWRELIC_KEY", "newrelic_key", "NR(?:AK|AA|RA)-", "0-9A-Z", 27, 27),
    marked("SECRET_NEWRELIC_KEY", "newrelic_insights_key", "NRI[IQ]-", URL64, 25, 32),
    marked("SECRET_NEWRELIC_BROWSER_KEY", "newrelic_browser_key", "NR(?:JS|BR)-", HEX, 19, 19),
    named(
        "SECRET_NEWRELIC_LICENSE_KEY",
        "newrelic_license_key",
        "new[_.-]?relic",
        r"[0-9A-Za-z]{32,36}FFFFNRAL|[0-9a-f]{40}",
    ),
    marked("SECRET_SENTRY_TOKEN", "sentry_token", "sntry[us]_", r"0-9A-Za-z+/=_", 64, 500),
    named("SECRET_SENTRY_TOKEN", "sentry_named_token", "sentry", r"[0-9a-f]{64}"),
    marked(
        "SECRET_GRAFANA_TOKEN",
        "grafana_token",
        "glsa_",
        r"0-9A-Za-z_",
        41,
        41,
        exact="glsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}",
    ),
    marked("SECRET_GRAFANA_CLOUD_TOKEN", "grafana_cloud_token", "glc_", BASE64, 32, 400),
    marked("SECRET_GRAFANA_KEY", "grafana_key", "eyJrIjoi", BASE64, 70, 400),
    marked("SECRET_HONEYCOMB_KEY", "honeycomb_key", "hc[a-z][il]k_", LOWER, 58, 64),
    named("SECRET_HONEYCOMB_KEY", "honeycomb_named_key", "honeycomb", r"[0-9a-f]{32}|[0-9A-Za-z]{22}", apart=True),
    named(
        "SECRET_PAGERDUTY_KEY",
        "pagerduty_key",
        "(?:pagerduty|pager[_.-]duty|pd)",
        r"u\+[0-9A-Za-z_+\-]{18}|[0-9A-Za-z_+\-]{20}|[0-9a-f]{32}",
        apart=True,
    ),
    named("SECRET_OPSGENIE_KEY", "opsgenie_key", "opsgenie", UUID),
    named("SECRET_ROLLBAR_TOKEN", "rollbar_token", "rollbar", r"[0-9a-f]{32}"),
    named(
        "SECRET_SUMOLOGIC_KEY",
        "sumologic_key",
        "sumo(?:[_.-]?logic)?",
        r"su[0-9A-Za-z]{12}|[0-9A-Za-z]{64}",
        apart=True,
    ),
    marked(
        "SECRET_DYNATRACE_TOKEN",
        "dynatrace_token",
        r"dt0[a-z][0-9]{2}\.",
        r"0-9A-Z.",
        89,
        89,
        exact=r"dt0[a-z][0-9]{2}\.[0-9A-Z]{24}\.[0-9A-Z]{64}",
    ),
    named("SECRET_SEGMENT_KEY", "segment_key", r"segment[ _.\-]?(?:write|api)", r"[0-9A-Za-z]{32}", apart=True),
    marked("SECRET_SEGMENT_TOKEN", "segment_token", "sgp_", ALNUM, 64, 64),
    named("SECRET_MIXPANEL_SECRET", "mixpanel_secret", "mixpanel", r"[0-9a-f]{32}|[0-9A-Za-z]{32}"),
    named("SECRET_AMPLITUDE_KEY", "amplitude_key", "amplitude", r"[0-9a-f]{32}"),
    marked("SECRET_POSTHOG_KEY", "posthog_key", "ph[xs]_", ALNUM, 43, 50),
    marked(
        "SECRET_LAUNCHDARKLY_KEY",
        "launchdarkly_key",
        "(?:sdk|api|mob|rel)-",
        UUID_CHARS,
        36,
        36,
        exact=f"(?:sdk|api|mob|rel)-{UUID}",
    ),
    marked("SECRET_STATSIG_KEY", "statsig_key", "(?:secret|console)-", ALNUM, 40, 44),
    named("SECRET_SPLUNK_TOKEN", "splunk_token", "(?:splunk(?:[_.-]hec)?|hec)", UUID, apart=True),
    named(
        "SECRET_ELASTIC_KEY",
        "elastic_key",
        "elastic(?:search)?(?:[_.-]?cloud)?",
        r"[0-9A-Za-z+/]{50,}={0,2}|[0-9A-Za-z]{24}",
    ),
    marked("SECRET_CHECKLY_KEY", "checkly_key", "[cs]u_", HEX, 32, 32),
    marked("SECRET_ROOTLY_KEY", "rootly_key", "rootly_", HEX, 64, 64),
    marked("SECRET_AXIOM_TOKEN", "axiom_token", "xa[ap]t-", UUID_CHARS, 36, 36, exact=f"xa[ap]t-{UUID}"),
    named("SECRET_BUGSNAG_KEY", "bugsnag_key", "bugsnag", r"[0-9a-f]{32}"),
    named("SECRET_LOGGLY_TOKEN", "loggly_token", "loggly", UUID),
    named("SECRET_LOGDNA_KEY", "logdna_key", "(?:logdna|mezmo)(?:[_.-]?ingestion)?", r"[0-9a-f]{32}"),
    named("SECRET_LOGZIO_TOKEN", "logzio_token", r"logz(?:\.?io|[_.-]io)", r"[0-9A-Za-z]{32}|" + UUID, apart=True),
    named("SECRET_ALGOLIA_KEY", "algolia_key", "algolia", r"[0-9a-f]{32}"),
    marked("SECRET_MAPBOX_TOKEN", "mapbox_token", r"sk\.eyJ1", r"0-9A-Za-z_.\-", 60),
    named(
        "SECRET_MAXMIND_KEY",
        "maxmind_key",
        "(?:maxmind|geoip|geolite)",
        r"[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk|[0-9A-Za-z]{16}",
    ),
    named(
        "SECRET_IPSTACK_KEY",
        "ipstack_key",
        "(?:ipstack|openweather(?:map)?|weatherapi|apilayer)",
        r"[0-9a-f]{31,32}",
    ),
    marked("SECRET_ADAFRUIT_KEY", "adafruit_key", "aio_", ALNUM, 28, 28),
    marked("SECRET_UBIDOTS_TOKEN", "ubidots_token", "BBFF-", ALNUM, 30, 35),
    named("SECRET_TABLEAU_TOKEN", "tableau_token", "tableau", r"[0-9A-Za-z+/]{22}==:[0-9A-Za-z]{32}"),
    named("SECRET_LOOKER_SECRET", "looker_secret", "looker", r"[0-9A-Za-z]{20}|[0-9A-Za-z]{24}", apart=True),
)

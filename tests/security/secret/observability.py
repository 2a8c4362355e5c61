"""Logs, metrics, analytics, search and maps: each rule with a text, the secret in it, and a text that is none.

The curly brackets stand for invented characters: see `example.py`.
"""

from typing import Final

from tests.security.secret.example import Example

TABLE: Final[tuple[Example, ...]] = (
    ("datadog_key", "export DATADOG_API_KEY={h32}", "{h32}", "checksum: {h32}"),
    ("datadog_token", "Authorization: Bearer ddpat_{a40}", "ddpat_{a40}", "ddpat_{x40}"),
    ("newrelic_key", "use NRAK-{u27}.", "NRAK-{u27}", "NRAK-{x27}"),
    ("newrelic_insights_key", "NRII-{w25}", "NRII-{w25}", "NRII-{x25}"),
    ("newrelic_browser_key", 'token = "NRJS-{h19}"', "NRJS-{h19}", "NRJS-{x19}"),
    ("newrelic_license_key", "<newrelic_key>{a32}FFFFNRAL</x>", "{a32}FFFFNRAL", "checksum: {a32}FFFFNRAL"),
    ("sentry_token", "use sntrys_{b64}.", "sntrys_{b64}", "sntrys_{x64}"),
    ("sentry_named_token", 'os.environ["SENTRY_API_TOKEN"] = "{h64}"', "{h64}", "checksum: {h64}"),
    ("grafana_token", 'token = "glsa_{a32}_{h8}"', "glsa_{a32}_{h8}", "glsa_{x32}_{x8}"),
    ("grafana_cloud_token", "Authorization: Bearer glc_{b32}", "glc_{b32}", "glc_{x32}"),
    ("grafana_key", "use eyJrIjoi{b70}.", "eyJrIjoi{b70}", "eyJrIjoi{x70}"),
    ("honeycomb_key", "hc{a1}ik_{l58}", "hc{a1}ik_{l58}", "hc{x1}ik_{x58}"),
    ("honeycomb_named_key", "honeycomb_secret = '{h32}'", "{h32}", "checksum: {h32}"),
    ("pagerduty_key", 'pagerdutyToken := "u+{w18}"', "u+{w18}", "checksum: u+{w18}"),
    ("opsgenie_key", "<opsgenie_key>{uuid}</x>", "{uuid}", "checksum: {uuid}"),
    ("rollbar_token", "rollbar-api-key: {h32}", "{h32}", "checksum: {h32}"),
    ("sumologic_key", 'os.environ["SUMO_API_TOKEN"] = "su{a12}"', "su{a12}", "checksum: su{a12}"),
    (
        "dynatrace_token",
        "Authorization: Bearer dt0c01.{u24}.{u64}",
        "dt0c01.{u24}.{u64}",
        "dt0c01.{x24}.{x64}",
    ),
    ("segment_key", "export SEGMENTWRITE_API_KEY={a32}", "{a32}", "checksum: {a32}"),
    ("segment_token", "sgp_{a64}", "sgp_{a64}", "sgp_{x64}"),
    ("mixpanel_secret", '"mixpanel_token": "{h32}",', "{h32}", "checksum: {h32}"),
    ("amplitude_key", "amplitude_secret = '{h32}'", "{h32}", "checksum: {h32}"),
    ("posthog_key", "use phs_{a43}.", "phs_{a43}", "phs_{x43}"),
    ("launchdarkly_key", "sdk-{uuid}", "sdk-{uuid}", "sdk-xxxxxxxx-xxxx"),
    ("statsig_key", 'token = "secret-{a40}"', "secret-{a40}", "secret-{x40}"),
    ("splunk_token", 'os.environ["SPLUNK_API_TOKEN"] = "{uuid}"', "{uuid}", "checksum: {uuid}"),
    ("elastic_key", "elastic API key: {b50}", "{b50}", "checksum: {b50}"),
    ("checkly_key", "cu_{h32}", "cu_{h32}", "cu_{x32}"),
    ("rootly_key", 'token = "rootly_{h64}"', "rootly_{h64}", "rootly_{x64}"),
    ("axiom_token", "Authorization: Bearer xaat-{uuid}", "xaat-{uuid}", "xaat-xxxxxxxx-xxxx"),
    ("bugsnag_key", "bugsnag_secret = '{h32}'", "{h32}", "checksum: {h32}"),
    ("loggly_token", 'logglyToken := "{uuid}"', "{uuid}", "checksum: {uuid}"),
    ("logdna_key", "<logdna_key>{h32}</x>", "{h32}", "checksum: {h32}"),
    ("logzio_token", "logzio-api-key: {a32}", "{a32}", "checksum: {a32}"),
    ("algolia_key", 'os.environ["ALGOLIA_API_TOKEN"] = "{h32}"', "{h32}", "checksum: {h32}"),
    ("mapbox_token", "sk.eyJ1{w60}", "sk.eyJ1{w60}", "sk.eyJ1{x60}"),
    ("maxmind_key", "export MAXMIND_API_KEY={a6}_{a29}_mmk", "{a6}_{a29}_mmk", "checksum: {a6}_{a29}_mmk"),
    ("ipstack_key", "ipstack_key: {h31}", "{h31}", "checksum: {h31}"),
    ("adafruit_key", "use aio_{a28}.", "aio_{a28}", "aio_{x28}"),
    ("ubidots_token", "BBFF-{a30}", "BBFF-{a30}", "BBFF-{x30}"),
    ("tableau_token", 'tableauToken := "{b22}==:{a32}"', "{b22}==:{a32}", "checksum: {b22}==:{a32}"),
    ("looker_secret", "<looker_key>{a20}</x>", "{a20}", "checksum: {a20}"),
)

"""Mail, messages, calls, social networks and customers' data.

Sources: what public scanners list of each provider's tokens, not compared with its manual. Slack's are in
`guard/security/slack.py`.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, LOWER, URL64, UUID, UUID_CHARS, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    marked("SECRET_DISCORD_TOKEN", "discord_token", r"[MNO][0-9A-Za-z_\-]{23,27}\.[0-9A-Za-z_\-]{6}\.", URL64, 27, 40),
    marked(
        "SECRET_DISCORD_WEBHOOK",
        "discord_webhook",
        r"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{17,20}/",
        URL64,
        60,
        70,
    ),
    named("SECRET_DISCORD_SECRET", "discord_secret", "discord", r"[0-9A-Za-z_\-]{32}|[0-9a-f]{64}"),
    marked("SECRET_TELEGRAM_TOKEN", "telegram_token", r"[0-9]{8,10}:A", URL64, 34, 34),
    marked("SECRET_TWILIO_KEY", "twilio_key", "SK", HEX, 32, 32),
    named("SECRET_TWILIO_TOKEN", "twilio_token", "twilio", r"[0-9a-f]{32}"),
    marked(
        "SECRET_SENDGRID_KEY",
        "sendgrid_key",
        r"SG\.",
        r"0-9A-Za-z_.\-",
        66,
        66,
        exact=r"SG\.[0-9A-Za-z_\-]{20,24}\.[0-9A-Za-z_\-]{39,50}",
    ),
    marked("SECRET_MAILGUN_KEY", "mailgun_key", "key-", LOWER, 32, 32),
    named("SECRET_MAILGUN_KEY", "mailgun_named_key", "mailgun", r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}"),
    marked("SECRET_MAILCHIMP_KEY", "mailchimp_key", r"[0-9a-f]{32}-us", "0-9", 1, 2),
    marked("SECRET_MANDRILL_KEY", "mandrill_key", "md-", URL64, 22, 22),
    named("SECRET_POSTMARK_TOKEN", "postmark_token", "postmark", UUID),
    marked(
        "SECRET_BREVO_KEY",
        "brevo_key",
        "x(?:keysib|smtpsib)-",
        r"0-9A-Za-z\-",
        81,
        81,
        exact="x(?:keysib|smtpsib)-[0-9a-f]{64}-[0-9A-Za-z]{16}",
    ),
    marked("SECRET_RESEND_KEY", "resend_key", "re_", r"0-9A-Za-z_", 32, 36),
    marked("SECRET_MAILERSEND_TOKEN", "mailersend_token", r"mlsn\.", HEX, 64, 64),
    named("SECRET_SPARKPOST_KEY", "sparkpost_key", "sparkpost", r"[0-9a-f]{40}"),
    named("SECRET_MAILJET_KEY", "mailjet_key", "mailjet", r"[0-9a-f]{32}"),
    named("SECRET_MESSAGEBIRD_KEY", "messagebird_key", "message[_.-]?bird", r"[0-9A-Za-z]{25}"),
    named("SECRET_VONAGE_SECRET", "vonage_secret", "(?:vonage|nexmo)", r"[0-9A-Za-z]{16}"),
    named("SECRET_PLIVO_TOKEN", "plivo_token", "plivo", r"[0-9A-Za-z]{40}", apart=True),
    marked("SECRET_TEAMS_WEBHOOK", "teams_webhook", r"webhook\.office\.com/webhookb2/", r"0-9A-Za-z@/\-", 100),
    marked("SECRET_ZAPIER_WEBHOOK", "zapier_webhook", r"hooks\.zapier\.com/hooks/catch/", r"0-9A-Za-z/", 12),
    named("SECRET_INTERCOM_TOKEN", "intercom_token", "intercom", r"[0-9A-Za-z_=\-]{60}"),
    named("SECRET_ZENDESK_TOKEN", "zendesk_token", "zendesk", r"[0-9A-Za-z]{40}"),
    named("SECRET_PUSHER_SECRET", "pusher_secret", "pusher", r"[0-9a-f]{20}", apart=True),
    marked("SECRET_PUBNUB_KEY", "pubnub_key", "sec-c-", r"0-9A-Za-z\-", 36, 60),
    named("SECRET_SENDBIRD_TOKEN", "sendbird_token", "sendbird", r"[0-9a-f]{40}|" + UUID),
    named(
        "SECRET_ABLY_KEY", "ably_key", "ably", r"[0-9A-Za-z_\-]{6}\.[0-9A-Za-z_\-]{6}:[0-9A-Za-z_\-]{43}", apart=True
    ),
    named("SECRET_TWITCH_SECRET", "twitch_secret", "twitch", r"[0-9a-z]{30}"),
    named("SECRET_MATTERMOST_TOKEN", "mattermost_token", "mattermost", r"[0-9a-z]{26}"),
    named("SECRET_WEBEX_TOKEN", "webex_token", "webex", r"[0-9A-Za-z]{64}_[0-9A-Za-z]{4}_" + UUID, apart=True),
    marked("SECRET_ONESIGNAL_KEY", "onesignal_key", "os_v2_(?:app|org)_", "0-9a-z", 100, 110),
    marked("SECRET_FCM_KEY", "fcm_key", r"AAAA[0-9A-Za-z_\-]{7}:", URL64, 140, 162),
    marked("SECRET_TWITTER_BEARER", "twitter_bearer", "AAAAAAAAAAAAAAAAAAAA", r"0-9A-Za-z%", 60, 110),
    named(
        "SECRET_TWITTER_KEY",
        "twitter_key",
        "twitter",
        r"[0-9A-Za-z]{25}|[0-9A-Za-z]{45}|[0-9A-Za-z]{50}|[0-9]{15,25}-[0-9A-Za-z]{20,40}",
    ),
    marked("SECRET_FACEBOOK_TOKEN", "facebook_token", "EAA[A-Z]", ALNUM, 80, 400),
    marked("SECRET_INSTAGRAM_TOKEN", "instagram_token", "IG(?:QV|QW|AA)", URL64, 80, 250),
    named("SECRET_FACEBOOK_SECRET", "facebook_secret", "(?:facebook|fb)(?:[_.-]?app)?", r"[0-9a-f]{32}", apart=True),
    named(
        "SECRET_LINKEDIN_SECRET",
        "linkedin_secret",
        "linked[_.-]?in",
        r"[0-9A-Za-z]{16}|WPL_AP[0-9]\.[0-9A-Za-z]{14,18}\.[0-9A-Za-z=+/]{6,10}",
    ),
    named("SECRET_REDDIT_SECRET", "reddit_secret", "reddit", r"[0-9A-Za-z_\-]{27,30}"),
    named("SECRET_FLICKR_KEY", "flickr_key", "flickr", r"[0-9a-f]{32}", apart=True),
    named("SECRET_SPOTIFY_SECRET", "spotify_secret", "spotify", r"[0-9a-f]{32}"),
    marked("SECRET_DROPBOX_TOKEN", "dropbox_token", r"sl\.(?:u\.)?", URL64, 130),
    named("SECRET_DROPBOX_KEY", "dropbox_key", "dropbox", r"[0-9a-z]{15}"),
    named(
        "SECRET_BOX_TOKEN", "box_token", r"box[ _.\-](?:api|client|access|developer)", r"[0-9A-Za-z]{32}", apart=True
    ),
    marked("SECRET_TYPEFORM_TOKEN", "typeform_token", "tfp_", r"0-9A-Za-z_.=\-", 40, 59),
    marked(
        "SECRET_HUBSPOT_TOKEN",
        "hubspot_token",
        "pat-(?:na|eu|ap)[0-9]-",
        UUID_CHARS,
        36,
        36,
        exact=f"pat-(?:na|eu|ap)[0-9]-{UUID}",
    ),
    named("SECRET_HUBSPOT_KEY", "hubspot_key", "(?:hubspot|hapikey)", UUID),
    marked("SECRET_SALESFORCE_TOKEN", "salesforce_token", r"00D[0-9A-Za-z]{12,15}!", r"0-9A-Za-z_.", 80, 120),
    marked("SECRET_SALESFORCE_KEY", "salesforce_key", "3MVG9", r"0-9A-Za-z_.", 80, 251),
    marked("SECRET_SALESFORCE_REFRESH_TOKEN", "salesforce_refresh_token", "5Aep861", r"0-9A-Za-z_.=", 70),
    marked("SECRET_KLAVIYO_KEY", "klaviyo_key", "pk_", LOWER, 34, 34),
    named("SECRET_BEAMER_TOKEN", "beamer_token", "beamer", r"b_[0-9A-Za-z_=\-]{44}", apart=True),
    named("SECRET_CLOSE_KEY", "close_key", r"close(?:[_.-]?(?:crm|io))?", r"api_[0-9A-Za-z.]{45}", apart=True),
    marked("SECRET_FRAMEIO_TOKEN", "frameio_token", "fio-u-", r"0-9A-Za-z_=\-", 64, 64),
    named("SECRET_NYTIMES_KEY", "nytimes_key", "(?:nytimes|new[_.-]?york[_.-]?times)", r"[0-9A-Za-z]{32}"),
)

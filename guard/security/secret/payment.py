"""Money and trade: payment providers, banks' interfaces, exchanges, shops, shipping.

Sources: what public scanners list of each provider's keys, not compared with its manual. Keys for tests are found
like those in force. What a provider means to stand in public pages (`pk_live_…`) is not meant here.
"""

from typing import Final

from guard.scan.pattern import Pattern
from guard.security.secret.form import ALNUM, HEX, URL64, UUID, UUID_CHARS, WORD, marked, named

PATTERNS: Final[tuple[Pattern, ...]] = (
    marked("SECRET_STRIPE_KEY", "stripe_key", "[rs]k_(?:live|test|prod)_", WORD, 16, 250),
    marked("SECRET_STRIPE_WEBHOOK_SECRET", "stripe_webhook_secret", "whsec_", r"0-9A-Za-z+/=", 32, 64),
    marked(
        "SECRET_STRIPE_CLIENT_SECRET", "stripe_client_secret", "(?:pi|seti)_[0-9A-Za-z]{14,28}_secret_", ALNUM, 24, 30
    ),
    marked("SECRET_SQUARE_TOKEN", "square_token", "EAAA", URL64, 56, 60),
    marked("SECRET_SQUARE_TOKEN", "square_oauth_token", "sq0atp-", URL64, 22, 60),
    marked("SECRET_SQUARE_SECRET", "square_secret", "sq0c[a-z]p-", URL64, 40, 50),
    marked(
        "SECRET_BRAINTREE_TOKEN",
        "braintree_token",
        r"access_token\$(?:production|sandbox)\$",
        r"0-9a-z$",
        49,
        49,
        exact=r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    named("SECRET_PAYPAL_SECRET", "paypal_secret", "paypal", r"E[0-9A-Za-z_\-]{60,79}", apart=True),
    marked("SECRET_RAZORPAY_KEY", "razorpay_key", "rzp_(?:live|test)_", ALNUM, 14, 14),
    named("SECRET_RAZORPAY_SECRET", "razorpay_secret", "(?:razorpay|rzp)", r"[0-9A-Za-z]{24}", apart=True),
    marked("SECRET_FLUTTERWAVE_KEY", "flutterwave_key", "FLWSECK(?:_TEST|_LIVE)?-", r"0-9A-Za-z\-", 12, 34),
    marked("SECRET_SHOPIFY_TOKEN", "shopify_token", "shp(?:at|ca|pa|ua|it)_", "0-9a-fA-F", 32, 32),
    marked("SECRET_SHOPIFY_SECRET", "shopify_secret", "shpss_", "0-9a-fA-F", 32, 32),
    marked("SECRET_ADYEN_KEY", "adyen_key", "AQE[a-z]hmfu", r"0-9A-Za-z+/=\-", 40),
    marked(
        "SECRET_PLAID_TOKEN",
        "plaid_token",
        "access-(?:sandbox|development|production)-",
        UUID_CHARS,
        36,
        36,
        exact=f"access-(?:sandbox|development|production)-{UUID}",
    ),
    named("SECRET_PLAID_SECRET", "plaid_secret", "plaid", r"[0-9a-f]{30}", apart=True),
    named("SECRET_COINBASE_SECRET", "coinbase_secret", "coinbase", r"[0-9A-Za-z_\-]{64}"),
    marked("SECRET_MOLLIE_KEY", "mollie_key", "(?:live|test)_", ALNUM, 30, 30),
    marked("SECRET_GOCARDLESS_TOKEN", "gocardless_token", "live_", r"0-9A-Za-z_\-", 40, 40),
    marked("SECRET_LOB_KEY", "lob_key", "(?:live|test)_", HEX, 35, 35),
    marked("SECRET_EASYPOST_KEY", "easypost_key", "EZ[AT]K", ALNUM, 54, 54),
    marked("SECRET_SHIPPO_TOKEN", "shippo_token", "shippo_(?:live|test)_", "0-9a-fA-F", 40, 40),
    marked("SECRET_DUFFEL_TOKEN", "duffel_token", "duffel_(?:live|test)_", r"0-9A-Za-z_=\-", 43, 43),
    marked("SECRET_CHECKOUT_KEY", "checkout_key", "sk_(?:sbox_)?", r"a-z2-7*#$=", 27, 28),
    marked("SECRET_PAGARME_KEY", "pagarme_key", "ak_(?:live|test)_", ALNUM, 30, 30),
    marked("SECRET_PADDLE_KEY", "paddle_key", "pdl_(?:(?:live|sdbx)_apikey|ntfset)_", WORD, 40, 70),
    marked("SECRET_MERCADOPAGO_TOKEN", "mercadopago_token", "(?:APP_USR|TEST)-[0-9]{10,17}-", r"0-9a-z\-", 40, 60),
    marked("SECRET_CASHFREE_SECRET", "cashfree_secret", "cfsk_ma_(?:prod|test)_", WORD, 41, 41),
    marked("SECRET_RAMP_SECRET", "ramp_secret", "ramp_sec_", ALNUM, 48, 48),
    named("SECRET_BINANCE_KEY", "binance_key", "binance", r"[0-9A-Za-z]{64}"),
    named("SECRET_KRAKEN_KEY", "kraken_key", "kraken", r"[0-9A-Za-z/+]{54,90}={0,2}"),
    named("SECRET_KUCOIN_SECRET", "kucoin_secret", "kucoin", r"[0-9a-f]{24}|" + UUID),
    named("SECRET_BITTREX_KEY", "bittrex_key", "bittrex", r"[0-9a-z]{32}"),
    named("SECRET_INFURA_KEY", "infura_key", "infura", r"[0-9a-f]{32}"),
    named("SECRET_ALCHEMY_KEY", "alchemy_key", "alchemy", r"[0-9A-Za-z_\-]{32}", apart=True),
    named("SECRET_ETHERSCAN_KEY", "etherscan_key", "(?:ether|bsc|polygon)scan", r"[0-9A-Z]{34}"),
    named("SECRET_RECURLY_KEY", "recurly_key", "recurly", r"[0-9a-f]{32}"),
    marked("SECRET_RECHARGE_TOKEN", "recharge_token", "sk(?:_test)?_[0-9]{1,2}x[123]_", HEX, 64, 64),
    named("SECRET_FINICITY_KEY", "finicity_key", "finicity", r"[0-9a-f]{32}|[0-9a-z]{20}"),
    named("SECRET_FINNHUB_TOKEN", "finnhub_token", "finnhub", r"[0-9a-z]{20,40}"),
    named("SECRET_ETSY_KEY", "etsy_key", "etsy", r"[0-9a-z]{24}", apart=True),
    named("SECRET_SQUARESPACE_KEY", "squarespace_key", "squarespace", UUID),
    marked(
        "SECRET_AMAZON_MWS_TOKEN", "amazon_mws_token", r"amzn\.mws\.", UUID_CHARS, 36, 36, exact=rf"amzn\.mws\.{UUID}"
    ),
    marked("SECRET_ROBINHOOD_KEY", "robinhood_key", "rh-api-", UUID_CHARS, 36, 36, exact=f"rh-api-{UUID}"),
)

"""Money and trade: each rule with a text, the secret in it, and a text that is none.

The curly brackets stand for invented characters: see `example.py`.
"""

from typing import Final

from tests.security.secret.example import Example

TABLE: Final[tuple[Example, ...]] = (
    ("stripe_key", 'token = "rk_live_{a16}"', "rk_live_{a16}", "rk_live_{x16}"),
    ("stripe_webhook_secret", "Authorization: Bearer whsec_{b32}", "whsec_{b32}", "whsec_{x32}"),
    ("stripe_client_secret", "use pi_{a14}_secret_{a24}.", "pi_{a14}_secret_{a24}", "pi_{x14}_secret_{x24}"),
    ("square_token", "EAAA{w56}", "EAAA{w56}", "EAAA{x56}"),
    ("square_oauth_token", 'token = "sq0atp-{w22}"', "sq0atp-{w22}", "sq0atp-{x22}"),
    ("square_secret", "Authorization: Bearer sq0c{a1}p-{w40}", "sq0c{a1}p-{w40}", "sq0c{x1}p-{x40}"),
    (
        "braintree_token",
        "use access_token$production${l16}${h32}.",
        "access_token$production${l16}${h32}",
        "access_token$production${x16}${x32}",
    ),
    ("paypal_secret", 'os.environ["PAYPAL_API_TOKEN"] = "E{w60}"', "E{w60}", "checksum: E{w60}"),
    ("razorpay_key", 'token = "rzp_live_{a14}"', "rzp_live_{a14}", "rzp_live_{x14}"),
    ("razorpay_secret", "export RAZORPAY_API_KEY={a24}", "{a24}", "checksum: {a24}"),
    ("flutterwave_key", "use FLWSECK-{a12}.", "FLWSECK-{a12}", "FLWSECK-{x12}"),
    ("shopify_token", "shpat_{h32}", "shpat_{h32}", "shpat_{x32}"),
    ("shopify_secret", 'token = "shpss_{h32}"', "shpss_{h32}", "shpss_{x32}"),
    ("adyen_key", "Authorization: Bearer AQE{a1}hmfu{b40}", "AQE{a1}hmfu{b40}", "AQE{x1}hmfu{x40}"),
    ("plaid_token", "use access-sandbox-{uuid}.", "access-sandbox-{uuid}", "access-sandbox-xxxxxxxx-xxxx"),
    ("plaid_secret", "plaid-api-key: {h30}", "{h30}", "checksum: {h30}"),
    ("coinbase_secret", 'os.environ["COINBASE_API_TOKEN"] = "{w64}"', "{w64}", "checksum: {w64}"),
    ("mollie_key", "Authorization: Bearer live_{a30}", "live_{a30}", "live_{x30}"),
    ("gocardless_token", "use live_{w40}.", "live_{w40}", "live_{x40}"),
    ("lob_key", "live_{h35}", "live_{h35}", "live_{x35}"),
    ("easypost_key", 'token = "EZAK{a54}"', "EZAK{a54}", "EZAK{x54}"),
    ("shippo_token", "Authorization: Bearer shippo_live_{h40}", "shippo_live_{h40}", "shippo_live_{x40}"),
    ("duffel_token", "use duffel_live_{w43}.", "duffel_live_{w43}", "duffel_live_{x43}"),
    (
        "checkout_key",
        "key: sk_sbox_abcdefghijklmnopqrstuvwxyz2",
        "sk_sbox_abcdefghijklmnopqrstuvwxyz2",
        "sk_sbox_{x27}",
    ),
    ("pagarme_key", 'token = "ak_live_{a30}"', "ak_live_{a30}", "ak_live_{x30}"),
    ("paddle_key", "Authorization: Bearer pdl_live_apikey_{a40}", "pdl_live_apikey_{a40}", "pdl_live_apikey_{x40}"),
    ("mercadopago_token", "use APP_USR-{d10}-{l40}.", "APP_USR-{d10}-{l40}", "APP_USR-{x10}-{x40}"),
    ("cashfree_secret", "cfsk_ma_prod_{a41}", "cfsk_ma_prod_{a41}", "cfsk_ma_prod_{x41}"),
    ("ramp_secret", 'token = "ramp_sec_{a48}"', "ramp_sec_{a48}", "ramp_sec_{x48}"),
    ("binance_key", '"binance_token": "{a64}",', "{a64}", "checksum: {a64}"),
    ("kraken_key", "kraken_secret = '{b54}'", "{b54}", "checksum: {b54}"),
    ("kucoin_secret", 'kucoinToken := "{h24}"', "{h24}", "checksum: {h24}"),
    ("bittrex_key", "<bittrex_key>{l32}</x>", "{l32}", "checksum: {l32}"),
    ("infura_key", "infura-api-key: {h32}", "{h32}", "checksum: {h32}"),
    ("alchemy_key", 'os.environ["ALCHEMY_API_TOKEN"] = "{w32}"', "{w32}", "checksum: {w32}"),
    ("etherscan_key", "etherscan API key: {u34}", "{u34}", "checksum: {u34}"),
    ("recurly_key", "export RECURLY_API_KEY={h32}", "{h32}", "checksum: {h32}"),
    ("recharge_token", "Authorization: Bearer sk_{d1}x1_{h64}", "sk_{d1}x1_{h64}", "sk_{x1}x1_{x64}"),
    ("finicity_key", '"finicity_token": "{h32}",', "{h32}", "checksum: {h32}"),
    ("finnhub_token", "finnhub_secret = '{l20}'", "{l20}", "checksum: {l20}"),
    ("etsy_key", 'etsyToken := "{l24}"', "{l24}", "checksum: {l24}"),
    ("squarespace_key", "<squarespace_key>{uuid}</x>", "{uuid}", "checksum: {uuid}"),
    ("amazon_mws_token", "use amzn.mws.{uuid}.", "amzn.mws.{uuid}", "amzn.mws.xxxxxxxx-xxxx"),
    ("robinhood_key", "rh-api-{uuid}", "rh-api-{uuid}", "rh-api-xxxxxxxx-xxxx"),
)

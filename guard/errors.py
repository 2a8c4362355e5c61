"""The exception tree: what can go wrong, and what a caller is told.

A message is safe to show: it says what happened and what to do next, and never quotes user text.
A block is a verdict, not an error, and has no place here.
"""

from typing import ClassVar


class GuardError(Exception):
    """The root. `code` is for programs, `status` is HTTP's, `retryable` says whether the same call may work later."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    kind: ClassVar[str] = "server_error"
    """OpenAI's `error.type`."""

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s
        """When the same call may work, as `retry-after` says it; None if nobody knows."""


class ConfigError(GuardError):
    """Boot only. Names the file, the line, the key and the cure."""

    code = "config_error"


class BundleError(ConfigError):
    """A bundle of policies is not one: no archive, not OPA's format, or a file in it that can't be read."""

    code = "bundle_error"


class BundleTooLarge(BundleError):
    """A bundle is past a bound: bytes, files, names."""

    code = "bundle_too_large"


class BundleTruncated(BundleError):
    """A bundle ends before its end."""

    code = "bundle_truncated"


class BundleUnsigned(BundleError):
    """A key is configured, and the bundle has no signature."""

    code = "bundle_unsigned"


class BundleSignature(BundleError):
    """The signature is not by the configured key, or not for this use."""

    code = "bundle_signature"


class BundleTampered(BundleError):
    """The signature is sound, and the files are not those that were signed."""

    code = "bundle_tampered"


class BundleRoots(BundleError):
    """A policy or data lies outside the roots that the bundle's manifest claims."""

    code = "bundle_roots"


class BundleUnavailable(BundleError):
    """The bundle server did not give a bundle."""

    code = "bundle_unavailable"


class PolicyTestsFailed(ConfigError):
    """A test that lies beside the policies does not pass."""

    code = "policy_tests_failed"


class RequestError(GuardError):
    """The client's request can't be served as it is."""

    code = "invalid_request"
    status = 400
    kind = "invalid_request_error"


class MalformedRequest(RequestError):
    """The body is not the strict JSON that this API takes."""

    code = "malformed_request"


class Unauthorized(RequestError):
    """No key, or one that is not known here."""

    code = "invalid_api_key"
    status = 401
    kind = "authentication_error"


class KeyExpired(Unauthorized):
    """The key's time is over, or another key has taken its place."""

    code = "key_expired"


class KeyRevoked(Unauthorized):
    """The key was revoked."""

    code = "key_revoked"


class InvalidToken(Unauthorized):
    """A token that is not by a trusted issuer, not for this service, or lacks what is asked for."""

    code = "invalid_token"


class TokenExpired(InvalidToken):
    """A token whose time is over."""

    code = "token_expired"


class Forbidden(RequestError):
    """The policy denies this request (model, tier, tenant)."""

    code = "policy_denied"
    status = 403
    kind = "permission_error"


class NetworkNotAllowed(Forbidden):
    """The key is not taken from where the request comes from."""

    code = "network_not_allowed"


class ScopeNotAllowed(Forbidden):
    """The key is not good for this API."""

    code = "scope_not_allowed"


class ModelNotAllowed(Forbidden):
    """The key is not good for this model."""

    code = "model_not_allowed"


class ApprovalDenied(Forbidden):
    """A person was asked and said no, or there is nobody to ask."""

    code = "approval_denied"


class ApprovalTimeout(Forbidden):
    """A person was asked and did not answer in time."""

    code = "approval_timeout"
    retryable = True


class ApprovalsFull(Forbidden):
    """More questions wait for a person than `approval.waiting`."""

    code = "approvals_full"
    retryable = True


class AlreadyDecided(RequestError):
    """An approval has another outcome already."""

    code = "already_decided"
    status = 409


class InvalidKeyOrder(RequestError):
    """A key can't be made like this."""

    code = "invalid_key_order"


class KeyConflict(RequestError):
    """The key store holds something that this contradicts."""

    code = "key_conflict"
    status = 409


class Unpriced(Forbidden):
    """The model has no price, and the configuration serves none that has not."""

    code = "model_unpriced"


class ModelNotInTier(Forbidden):
    """The model is not one of the tier's."""

    code = "model_not_in_tier"


class ContextTooLong(RequestError):
    """The prompt has more tokens than the tier's `context_tokens`."""

    code = "context_length_exceeded"


class NotFound(RequestError):
    """No such path or model."""

    code = "not_found"
    status = 404
    kind = "not_found_error"


class MethodNotAllowed(RequestError):
    """The path exists; the method does not."""

    code = "method_not_allowed"
    status = 405


class PayloadTooLarge(RequestError):
    """The body is larger than `limits.body_bytes`."""

    code = "payload_too_large"
    status = 413


class TooBusy(RequestError):
    """More exchanges at once than `limits.exchanges`."""

    code = "too_busy"
    status = 429
    retryable = True
    kind = "rate_limit_error"


class RateLimited(RequestError):
    """The caller's tier has no more requests, tokens or places for now."""

    code = "rate_limit_exceeded"
    status = 429
    retryable = True
    kind = "rate_limit_error"


class BudgetExhausted(RateLimited):
    """What is left of a budget is too little for this request."""

    code = "budget_exhausted"


class QueueFull(RateLimited):
    """More wait for the backend than `queue.waiting`."""

    code = "queue_full"


class QueueTimeout(GuardError):
    """The backend had no place for longer than `queue.wait_s`."""

    code = "queue_timeout"
    status = 503
    retryable = True


class CountersUnavailable(GuardError):
    """The store of the limits' counters does not answer, and the configuration fails closed then."""

    code = "counters_unavailable"
    status = 503
    retryable = True


class UpstreamError(GuardError):
    """The backend did not do its part."""

    code = "backend_error"
    status = 502
    retryable = True
    kind = "upstream_error"


class BackendUnreachable(UpstreamError):
    """No connection to the backend."""

    code = "backend_unreachable"


class BackendBroken(UpstreamError):
    """The connection ended before the answer did."""

    code = "backend_broken"


class BackendMalformed(UpstreamError):
    """The answer is not what the API says it is; nothing of the malformed part was handed on."""

    code = "backend_malformed"


class BackendTimeout(UpstreamError):
    """Connect, first byte or idle time-out of this backend passed."""

    code = "backend_timeout"
    status = 504


class BackendRefused(UpstreamError):
    """The backend answered with an error that can't be handed on as it is."""

    code = "backend_refused"


class BackendBusy(UpstreamError):
    """The backend has more to do than it can; its own message could not be handed on."""

    code = "backend_busy"
    status = 429
    kind = "rate_limit_error"


class ClientStalled(UpstreamError):
    """The client stopped reading its answer."""

    code = "client_stalled"


class EngineError(GuardError):
    """An engine is down, slow or confused; in a stream it becomes `StageFailed`."""

    code = "engine_error"
    status = 503
    retryable = True


class EngineTimeout(EngineError):
    """An engine gave no verdict within its deadline."""

    code = "engine_timeout"


class EngineBusy(EngineError):
    """An engine has more waiting than its queue takes."""

    code = "engine_busy"


class PolicyError(EngineError):
    """The policy gave no usable decision."""

    code = "policy_error"


class HoldExhausted(EngineError):
    """More text awaited a verdict than `hold_chars` allows."""

    code = "hold_exhausted"


class KeyStoreError(GuardError):
    """The key store can't be opened, read or written."""

    code = "key_store_error"
    status = 503
    retryable = True


class KeysUnavailable(KeyStoreError):
    """Who asks can't be told now: the key store, or a token issuer's keys, can't be read."""

    code = "keys_unavailable"


class LedgerError(GuardError):
    """The ledger can't be opened or written."""

    code = "ledger_error"
    status = 503
    retryable = True


class LedgerBehind(LedgerError):
    """The ledger's database has taken nothing for so long that nothing more is accounted on trust."""

    code = "ledger_behind"


class ReportTooLarge(RequestError):
    """A report of usage takes too long, or has too many lines."""

    code = "report_too_large"


class EnergyError(GuardError):
    """Energy can't be read, kept or calibrated."""

    code = "energy_error"
    status = 503
    retryable = True


class AuditError(GuardError):
    """A decision log or the record can't be opened, read or written."""

    code = "audit_error"
    status = 503
    retryable = True


class AuditRefused(AuditError):
    """A decision log's service will not take what it was sent, and would not take it a second time."""

    code = "audit_refused"
    status = 502
    retryable = False


class InvariantError(GuardError):
    """Our bug."""

    code = "invariant_error"

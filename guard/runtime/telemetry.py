"""Logging: structured lines on standard error, of types, sizes and ids, never of text."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Any, Final, Literal

import structlog
from structlog.typing import Processor

from guard.errors import ConfigError

_log: Final = structlog.get_logger("guard")


def configure_logging(level: str, form: Literal["json", "text"]) -> None:
    """Sets the process's logging up, once, at boot."""
    number = logging.getLevelNamesMapping()[level.upper()]
    last: Processor = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s")


def watch_loop() -> None:
    """Lets faults that nobody awaits be logged by type and place; the loop itself would print their messages."""

    def told(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            _log.error("callback_failed", error=type(error).__name__, at=place_of(error))
        else:
            _log.error("callback_failed", error="", at="")

    asyncio.get_running_loop().set_exception_handler(told)


def place_of(error: BaseException) -> str:
    """File and line where it was raised: enough to find our bug, and no text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else ""


def leave_out(statements: Sequence[str]) -> None:
    """Says at the start what of a user's rules is not honoured."""
    for statement in statements:
        _log.warning("rule", left_out=statement)


def compile_anew(faults: Sequence[str]) -> None:
    """Says at the start why compiled patterns could not be had or kept."""
    for fault in dict.fromkeys(faults):
        _log.warning("pattern_cache", compiled_anew=fault)


def announce(statements: Sequence[str]) -> None:
    """Says at the start what serves each model."""
    for statement in statements:
        _log.info("model", serves=statement)


def refuse_candidate(error: ConfigError) -> None:
    """Says at the start that a candidate policy is not tried."""
    _log.error("candidate_refused", code=error.code, message=error.message)

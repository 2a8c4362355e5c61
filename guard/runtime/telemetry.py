"""Logging: structured lines on standard error, of types, sizes and ids, never of text."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import Processor


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

"""Where a command finds the record: in the configuration that Guard serves with."""

from pathlib import Path

from guard.audit.reader import RecordReader
from guard.config import RecordSettings, Settings
from guard.errors import ConfigError


def record_settings(settings: Settings) -> RecordSettings:
    """What is said of the record. Raises ConfigError with the cure if there is none."""
    if settings.decisions.record is None:
        raise ConfigError(
            "nothing is recorded: name a file under decisions.record.path, and let Guard serve some exchanges"
        )
    return settings.decisions.record


def opened_record(settings: Settings) -> RecordReader:
    """A reader of the record, with the key if one is configured. Raises ConfigError, AuditError."""
    record = record_settings(settings)
    return RecordReader(Path(record.path), record.key.reveal() if record.text and record.key is not None else None)

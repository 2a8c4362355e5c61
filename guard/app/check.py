"""What the configured policy makes of one text, for the command line."""

from contextlib import AsyncExitStack

from guard.app.detection import build_engine, build_vaults
from guard.app.models import build_classifiers, build_names
from guard.app.patterns import build_store
from guard.app.policies import build_opa, build_policies
from guard.config import (
    Settings,
)
from guard.runtime.trial import CheckReport, Trial, TrialText
from guard.security.prompt_rule import FloodEngine


async def check_text(settings: Settings, text: str) -> CheckReport:
    """What the configured policy makes of a text, as if it were a user's prompt."""
    opa = build_opa(settings)
    policies, engines = (
        build_policies(settings, opa),
        (build_engine(settings.recognizers, settings.secrets, build_store(settings)), FloodEngine()),
    )
    classifiers, names = build_classifiers(settings), build_names(settings)
    async with AsyncExitStack() as stack:
        if opa is not None:
            stack.push_async_callback(opa.close)
        for service in (classifiers, names):
            if service is not None:
                stack.push_async_callback(service.stop)
                service.start()
        read, named = classifiers.text if classifiers else None, names.text if names else None
        return (await Trial(engines, read, policies, build_vaults(settings), named).check([TrialText(text)]))[0]

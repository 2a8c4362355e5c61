"""Service times that come with Guard, and how far the simulation was off from a real server with them.

Both are figures of `python -m benchmarks.twin` on the machine that `origin` names (benchmarks/results/twin.json); a
test compares them. On another machine take ratios, or measure: `guard replay calibrate`.
"""

from typing import Final

from guard.replay.result import TwinError
from guard.replay.service import ServiceTimes, StepService, WindowService

REFERENCE: Final = ServiceTimes(
    origin="python -m benchmarks.twin, 2026-11-25, 2 cores of AMD EPYC, Guard 0.1.0",
    exchange_s=0.004351,
    prompt_char_s=5.525e-06,
    policy_s=0.0,
    token_s=5.31e-05,
    hop_s=0.0004223,
    look_ahead=1,
    windows=(
        WindowService(
            model="injection",
            run_s=0.001351,
            token_s=6.931e-05,
            asked=0.5775,
            max_tokens=128,
            stride_tokens=32,
            stage=0,
        ),
        WindowService(
            model="unsafe",
            run_s=0.0004917,
            token_s=9.023e-05,
            asked=0.8944,
            max_tokens=128,
            stride_tokens=32,
            stage=0,
        ),
        WindowService(
            model="pii-ner",
            run_s=0.001021,
            token_s=4.871e-05,
            asked=1.0,
            max_tokens=128,
            stride_tokens=32,
            stage=1,
        ),
    ),
    step=StepService(model="stream", step_s=0.0002014, token_s=3.921e-06, turn_s=0.0005355, row_s=0.0),
)
TWIN: Final = "benchmarks/results/twin.md"
TWIN_ERRORS: Final[tuple[TwinError, ...]] = (
    TwinError("first token p50", -0.121, -0.033),
    TwinError("first token p95", -0.365, -0.044),
    TwinError("first token p99", -0.466, -0.139),
    TwinError("whole answer p50", -0.022, -0.016),
    TwinError("whole answer p95", -0.048, -0.018),
    TwinError("whole answer p99", -0.043, -0.031),
    TwinError("event loop", 0.059, 0.246),
)
"""The least and the most over the loads that were measured, up to the one that filled the machine."""

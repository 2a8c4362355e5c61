"""How long each piece of work takes when nothing else is in its way: what the simulation is calibrated with.

The figures are a machine's and an installation's: `guard replay calibrate` measures those of the models, and
`python -m benchmarks.twin` those of a whole server. What is not measured keeps the value of the machine that `origin`
names.
"""

import msgspec


class WindowService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that reads whole texts in windows.

    A run takes `run_s` and `token_s` for each token of the batch, padding included. `asked` is the share of windows
    that reach it: the rest is remembered or settled by the linear stage. `max_tokens` and `stride_tokens` cut windows.
    `stage` orders the models: those of one stage read a prompt side by side, later stages begin when it is over.
    """

    model: str
    run_s: float
    token_s: float
    asked: float = 1.0
    max_tokens: int = 128
    stride_tokens: int = 32
    stage: int = 0


class StepService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The stream model. A turn takes `step_s` for each of its steps and `token_s` for each token, on its own thread;
    on the event loop `turn_s` for each turn and `row_s` for each stream in it.
    """

    model: str
    step_s: float
    token_s: float
    turn_s: float = 0.0
    row_s: float = 0.0


class ServiceTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, in seconds.

    On the event loop: `exchange_s` for an exchange without its tokens, half of it before the backend is asked;
    `prompt_char_s` for each character of a prompt; `policy_s` for a decision; `token_s` for a token of an answer that
    is read, inspected by patterns and written. `hop_s` is how long another thread, or a socket, takes to notice.
    `look_ahead` is how many further tokens a token waits for until its last word is whole: 1 where tokens begin with
    their space, 0 where they end with it. `origin` says where and when the figures were taken.
    """

    origin: str
    exchange_s: float
    prompt_char_s: float
    policy_s: float
    token_s: float
    hop_s: float = 0.0
    look_ahead: int = 1
    windows: tuple[WindowService, ...] = ()
    step: StepService | None = None


def window_lengths(service: WindowService, tokens: int) -> list[int]:
    """The lengths in tokens, special ones included, of the windows that a text of so many tokens is cut into."""
    body = service.max_tokens - 2
    if tokens <= body:
        return [tokens + 2] if tokens > 0 else []
    step = body - service.stride_tokens
    begins = range(0, tokens - service.stride_tokens, step)
    return [min(body, tokens - begin) + 2 for begin in begins]


def calm_s(times: ServiceTimes, prompt_chars: int, prompt_tokens: int, gap_s: float) -> float:
    """What an exchange's first token takes inside Guard when nobody else is there: what a record's first-token times
    hold beside the backend's own.
    """
    stages: dict[int, float] = {}
    for service in times.windows:
        run_s = sum(service.run_s + service.token_s * length for length in window_lengths(service, prompt_tokens))
        stages[service.stage] = max(stages.get(service.stage, 0.0), service.asked * run_s)
    read_s = times.step.step_s + times.step.token_s + 2 * times.hop_s if times.step is not None else 0.0
    hops = 4 + len(stages)
    own_s = (
        hops * times.hop_s + times.exchange_s / 2 + times.prompt_char_s * prompt_chars + times.policy_s + times.token_s
    )
    return own_s + sum(stages.values()) + times.look_ahead * gap_s + read_s

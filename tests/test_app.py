"""What the composition root promises of starting and stopping."""

import os
import shutil
import threading
from pathlib import Path

import httpx
import msgspec
import pytest
import yaml
from litestar import Litestar

from guard.app import build_app, build_classifiers, build_names
from guard.config import (
    InferenceServer,
    InferenceSettings,
    PolicySettings,
    Secret,
    Settings,
    VerifySettings,
    bundled_models,
    demo_settings,
)
from guard.errors import ConfigError
from guard.policy.embedded import EmbeddedPolicy
from tests.policy.bundle_world import signed, write

POLICIES = Path(__file__).parents[1] / "policies"


def settings(tmp_path: Path, **changes: object) -> Settings:
    base = demo_settings("http://127.0.0.1:9/v1", POLICIES)
    return msgspec.structs.replace(base, ledger=f"sqlite:///{tmp_path}/guard.db", **changes)


async def test_a_ledger_is_closed_although_the_inference_server_is_not_there(tmp_path: Path) -> None:
    server = InferenceServer(url="http://127.0.0.1:9", timeout_s=0.5)
    app = build_app(settings(tmp_path, inference=InferenceSettings(server=server)))

    with pytest.raises(BaseExceptionGroup) as raised:
        async with app.lifespan():
            pytest.fail("it started without its inference server")
    assert raised.group_contains(ConfigError, match="can't be reached")
    assert "guard.db" in os.listdir(tmp_path)
    assert not any("-run-" in name for name in os.listdir(tmp_path))


def _without_token_models(directory: Path) -> Path:
    shutil.copytree(bundled_models(), directory, ignore=shutil.ignore_patterns("corpus", "training"))
    manifest = yaml.safe_load((directory / "manifest.yaml").read_text())
    manifest["models"] = [one for one in manifest["models"] if one["kind"] != "token"]
    (directory / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    return directory


def test_without_a_model_names_are_off_unless_they_are_asked_for(tmp_path: Path) -> None:
    models = str(_without_token_models(tmp_path / "models"))

    assert build_names(settings(tmp_path, models=models)) is None
    with pytest.raises(ConfigError, match="names would go unread"):
        build_names(settings(tmp_path, models=models, inference=InferenceSettings(names=True)))


@pytest.mark.parametrize("chosen", [InferenceSettings(names=False), InferenceSettings(classifiers=())])
def test_names_can_be_switched_off(tmp_path: Path, chosen: InferenceSettings) -> None:
    assert build_names(settings(tmp_path, inference=chosen)) is None


def test_answers_never_go_unread_because_a_model_is_missing(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(bundled_models(), models, ignore=shutil.ignore_patterns("corpus", "training"))
    manifest = yaml.safe_load((models / "manifest.yaml").read_text())
    manifest["models"] = [one for one in manifest["models"] if one["kind"] == "window"]
    (models / "manifest.yaml").write_text(yaml.safe_dump(manifest))

    with pytest.raises(ConfigError, match="answers would go unread"):
        build_classifiers(settings(tmp_path, models=str(models)))


@pytest.mark.parametrize(
    "chosen",
    [
        InferenceSettings(lanes=2),
        InferenceSettings(lanes=2, device="cpu", server=InferenceServer(url="http://127.0.0.1:9")),
    ],
    ids=["perhaps a GPU", "a server"],
)
def test_batches_run_side_by_side_on_the_cpu_alone(tmp_path: Path, chosen: InferenceSettings) -> None:
    with pytest.raises(ConfigError, match=r"inference\.lanes.*device: cpu"):
        build_classifiers(settings(tmp_path, inference=chosen))


async def test_batches_run_side_by_side_where_that_is_asked_for(tmp_path: Path) -> None:
    chosen = InferenceSettings(classifiers=("injection",), device="cpu", lanes=3)
    classifiers = build_classifiers(settings(tmp_path, inference=chosen))
    assert classifiers is not None
    classifiers.start()
    try:
        named = [thread.name for thread in threading.enumerate()]
        assert named.count("guard-batcher") == 3
    finally:
        await classifiers.stop()


def client_of(app: Litestar) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://guard")


async def test_signed_policies_serve_and_are_followed_from_start_to_stop(tmp_path: Path) -> None:
    secret = "a secret of thirty-two letters, at least"
    directory = shutil.copytree(POLICIES, tmp_path / "policies")
    verify = VerifySettings(secret=Secret(secret), algorithm="HS256")
    chosen = settings(tmp_path, policies="", policy=PolicySettings(source=str(directory), verify=verify))
    chosen = msgspec.structs.replace(chosen, inference=InferenceSettings(classifiers=()))
    with pytest.raises(ConfigError, match=r"has no \.signatures\.json"):
        build_app(chosen)

    signed(write(directory, {".manifest": '{"revision": "r1"}'}), "--signing-key", secret, "--signing-alg", "HS256")
    app = build_app(chosen)

    async with app.lifespan(), client_of(app) as client:
        ready = (await client.get("/readyz")).json()
    assert ready["policy"] == {"generation": EmbeddedPolicy(directory).generation, "revision": "r1"}

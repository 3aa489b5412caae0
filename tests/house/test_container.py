"""How the container is closed in: what the Dockerfile, what it copies and docker-compose.yml say.

That the image really runs as that user on a read-only root is tried by ``scripts/check-image.sh``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[2]
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)


def _instructions(dockerfile: str) -> list[tuple[str, str]]:
    joined = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), said) for name, said in lines]


def _carried_secrets(instructions: list[tuple[str, str]]) -> list[str]:
    """Secrets that would stay in a layer or in the image's history."""
    return [said for name, said in instructions if name in ("ARG", "ENV") and _SECRET.search(said)]


_IMAGE = _instructions((_ROOT / "Dockerfile").read_text(encoding="utf-8"))
_COMPOSE: dict[str, Any] = yaml.safe_load((_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = [said for name, said in _IMAGE if name == "USER"]
    assert users == ["10001:10001"]


def test_what_is_installed_in_the_image_is_vouched_for_by_hashes() -> None:
    installs = [part for _, said in _IMAGE for part in said.split("&&") if re.search(r"pip install", part)]
    assert len(installs) == 2
    fetched = [part for part in installs if "--no-deps --no-build-isolation ." not in " ".join(part.split())]
    assert all("--require-hashes" in part and "-r requirements.lock" in part for part in fetched)
    assert len(fetched) == 1


def test_no_layer_holds_a_secret() -> None:
    assert _carried_secrets(_IMAGE) == []
    assert _carried_secrets(_instructions("FROM x\nARG UPTO_ADMIN_TOKEN=1\n")) != []  # this one would
    ignored = (_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line for line in ignored if line and not line.startswith("#")][0] == "*"  # noqa: RUF015 - a list reads better
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert allowed == {"pyproject.toml", "requirements.lock", "README.md", "app", "graders", "reference"}
    copied = {path for name, said in _IMAGE if name == "COPY" and "--from=" not in said for path in said.split()[:-1]}
    assert copied == allowed


def test_the_container_may_write_its_data_and_nothing_else() -> None:
    web = _COMPOSE["services"]["web"]
    assert web["read_only"] is True
    assert web["cap_drop"] == ["ALL"]
    assert web["security_opt"] == ["no-new-privileges:true"]
    assert web["volumes"] == ["data:/data"]
    assert web["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's own
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & web.keys()


def test_only_this_machine_reaches_it_and_nobody_the_database() -> None:
    assert _COMPOSE["services"]["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in _COMPOSE["services"]["postgres"]


def test_secrets_come_from_outside() -> None:
    for service in _COMPOSE["services"].values():
        for entry in service["environment"]:
            name, _, value = entry.partition("=")
            assert not _SECRET.search(name) or value == "" or re.fullmatch(r"\$\{\w+:-\}", value), entry

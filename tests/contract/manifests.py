"""The deployment's files as data: the compose file, and what the overlay makes of the Kubernetes base."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BASE, WARD = ROOT / "deploy/k8s/base", ROOT / "deploy/k8s/overlays/ward"
Manifest = dict[str, Any]


def compose() -> Manifest:
    """The compose file, anchors and merges resolved."""
    loaded: Manifest = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def kustomization(folder: Path) -> Manifest:
    """A folder's kustomization."""
    loaded: Manifest = yaml.safe_load((folder / "kustomization.yaml").read_text())
    return loaded


def render(folder: Path) -> list[Manifest]:
    """What `kubectl kustomize` would give, as far as these files go: resources, JSON patches, image names."""
    told = kustomization(folder)
    known = {"apiVersion", "kind", "namespace", "resources", "patches", "images"}
    assert set(told) <= known, "this renderer knows no more"
    found: list[Manifest] = []
    for name in told["resources"]:
        path = (folder / name).resolve()
        found += render(path) if path.is_dir() else [each for each in yaml.safe_load_all(path.read_text()) if each]
    found = copy.deepcopy(found)
    for patch in told.get("patches", ()):
        targets = [each for each in found if _is_target(each, patch["target"])]
        assert targets, f"{folder.name}: {patch['path']} patches nothing"
        for operation in yaml.safe_load((folder / patch["path"]).read_text()):
            for target in targets:
                _apply(target, operation)
    for image in told.get("images", ()):
        for container in containers(found):
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return found


def containers(objects: list[Manifest]) -> list[Manifest]:
    """The containers of all Deployments."""
    return [container for each in objects if each["kind"] == "Deployment"
            for container in each["spec"]["template"]["spec"]["containers"]]


def of_kind(objects: list[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def _is_target(each: Manifest, target: Manifest) -> bool:
    return each["kind"] == target["kind"] and re.fullmatch(target["name"], each["metadata"]["name"]) is not None


def _apply(target: Any, operation: Manifest) -> None:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].strip("/").split("/")]
    for part in way:
        target = target[int(part)] if isinstance(target, list) else target[part]
    key: Any = int(last) if isinstance(target, list) else last
    there = key in target if isinstance(target, dict) else key < len(target)
    assert operation["op"] in {"add", "replace"}
    assert there == (operation["op"] == "replace"), f"{operation['op']} at {operation['path']}"
    target[key] = operation["value"]

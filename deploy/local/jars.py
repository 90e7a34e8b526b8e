"""Kafka's and Zipkin's jars: fetched once by jgo into the user's cache; from then on no network is needed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from platformdirs import user_cache_path

from deploy.local.errors import StackError
from deploy.local.state import private_folder, read_json, write_json

if TYPE_CHECKING:
    from jgo.maven import MavenContext

KAFKA = "org.apache.kafka:kafka_2.13:4.3.0+org.slf4j:slf4j-simple:1.7.36"
ZIPKIN = "io.zipkin:zipkin-server:3.4.2:slim"
OTHERWISE = {KAFKA: "KUJIBIKI_KAFKA_BOOTSTRAP", ZIPKIN: "KUJIBIKI_ZIPKIN_ENDPOINT"}


def cache_folder() -> Path:
    """Where jars are kept: KUJIBIKI_CACHE, or `kujibiki/` in the user's cache folder (XDG_CACHE_HOME)."""
    named = os.environ.get("KUJIBIKI_CACHE")
    return Path(named) if named else user_cache_path("kujibiki")


def cached(coordinates: str) -> list[Path] | None:
    """The jars, if all of them are in the cache."""
    listing = read_json(_listing(coordinates))
    jars = [Path(jar) for jar in listing["jars"]] if listing else []
    return jars if jars and all(jar.is_file() for jar in jars) else None


def provide(coordinates: str, report: Callable[[str], None]) -> list[Path]:
    """The jars, from the cache or else fetched."""
    jars = cached(coordinates)
    if jars is not None:
        return jars
    private_folder(cache_folder())
    with FileLock(cache_folder() / "fetch.lock"):
        # Another stack may have fetched them while we waited.
        return cached(coordinates) or _fetch(coordinates, report)


def _fetch(coordinates: str, report: Callable[[str], None]) -> list[Path]:
    report(f"Fetching {coordinates} (first time only) …")
    try:
        jars = _zipkin() if coordinates == ZIPKIN else _environment(coordinates)
    except Exception as problem:  # jgo and requests raise many kinds; all mean: no jars
        raise StackError(
            f"{coordinates} is not in {cache_folder()} and could not be fetched ({problem}). With network, "
            "run `kujibiki setup` once; from then on none is needed. Behind a mirror, jgo's own settings "
            "apply. "
            f"Or set {OTHERWISE[coordinates]} to one that runs already."
        ) from problem
    write_json(_listing(coordinates), {"jars": [str(jar) for jar in jars]})
    return jars


def _environment(coordinates: str) -> list[Path]:
    from jgo.env import EnvironmentBuilder, LinkStrategy

    builder = EnvironmentBuilder(context=_context(), cache_dir=cache_folder() / "jgo", link_strategy=LinkStrategy.AUTO)
    environment = builder.from_endpoint(coordinates)
    return sorted(Path(environment.path).rglob("*.jar"))


def _zipkin() -> list[Path]:
    # The slim jar holds all it needs; its POM lists what the jar left out, so it must not be resolved.
    group, artifact, version, classifier = ZIPKIN.split(":")
    component = _context().project(group, artifact).at_version(version)
    return [Path(component.artifact(classifier=classifier).resolve())]


def _context() -> "MavenContext":
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    settings = GlobalSettings.load()
    repositories = {"central": MAVEN_CENTRAL_URL, **settings.repositories}
    return MavenContext(repo_cache=cache_folder() / "maven", remote_repos=repositories)


def _listing(coordinates: str) -> Path:
    return cache_folder() / f"{coordinates.replace(':', '_').replace('+', '_')}.json"

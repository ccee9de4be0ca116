#!/usr/bin/env python3
"""Installs and fetches what deps/pins.toml names, each by its registry's ordinary client.

    fetch.py apt        install the Debian packages (root, or sudo)
    fetch.py sources    unpack the pinned PyPI and npm archives below the cache; prints the cache's path

The cache is $SQUIRE_DEPS, or squire-deps below $XDG_CACHE_HOME or ~/.cache; a folder in it is named by package and
version and appears whole or not at all, so an interrupted run is simply run again.
"""
import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile

PINS = tomllib.loads((pathlib.Path(__file__).parent / "pins.toml").read_text())


def cache_dir() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(os.environ.get("SQUIRE_DEPS") or os.path.join(base, "squire-deps"))


def run(*command, **kwargs):
    subprocess.run(command, check=True, **kwargs)


def installed(spec: str) -> bool:
    name, version = spec.split("=", 1)
    got = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name], capture_output=True, text=True)
    status, _, have = got.stdout.partition(" ")
    return got.returncode == 0 and status == "installed" and have.startswith(version.rstrip("*"))


def apt():
    missing = [s for s in PINS["apt"]["build"] + PINS["apt"]["run"] if not installed(s)]
    if not missing:
        return
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not shutil.which("sudo"):
        sys.exit("not root and no sudo here; as root, run: apt-get install " + " ".join(missing))
    env = ["env", "DEBIAN_FRONTEND=noninteractive"]
    print("installing Debian packages:", " ".join(s.split("=")[0] for s in missing), file=sys.stderr, flush=True)
    run(*sudo, *env, "apt-get", "update", "-qq", stdout=sys.stderr)
    run(*sudo, *env, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, stdout=subprocess.DEVNULL)


def digest(path: pathlib.Path, algorithm: str) -> bytes:
    with open(path, "rb") as f:
        return hashlib.file_digest(f, algorithm).digest()


def unpack(archive: pathlib.Path, into: pathlib.Path):
    if archive.suffix in (".whl", ".zip"):
        zipfile.ZipFile(archive).extractall(into)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    inner = list(into.iterdir())
    if len(inner) == 1 and inner[0].is_dir():  # package/ of npm, name-version/ of an sdist
        for child in list(inner[0].iterdir()):
            child.rename(into / child.name)
        inner[0].rmdir()


def obtain(target: pathlib.Path, download, check):
    """Downloads with `download(folder)`, verifies with `check(archive)`, unpacks to `target` in one rename."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as tmp:
        tmp = pathlib.Path(tmp)
        print("fetching", target.name, file=sys.stderr, flush=True)
        download(tmp)
        archive = next(tmp.iterdir())
        check(archive)
        unpack(archive, tmp / "unpacked")
        try:
            (tmp / "unpacked").rename(target)
        except OSError:
            if not target.exists():
                raise


def sources() -> pathlib.Path:
    root = cache_dir()
    for name, pin in PINS["pypi"].items():
        def download(folder, name=name, pin=pin):
            kind = ["--no-binary", ":all:"] if pin["kind"] == "sdist" else ["--only-binary", ":all:"]
            run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", *kind, "-d", str(folder),
                f"{name}=={pin['version']}", stdout=sys.stderr)

        def check(archive, name=name, pin=pin):
            if digest(archive, "sha256").hex() != pin["sha256"]:
                sys.exit(f"{archive.name}: its sha256 is not the pinned one of {name}")

        obtain(root / f"{name}-{pin['version']}", download, check)
    for name, pin in PINS["npm"].items():
        def download(folder, name=name, pin=pin):
            run("npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{pin['version']}",
                stdout=subprocess.DEVNULL, cwd=folder)

        def check(archive, name=name, pin=pin):
            if "sha512-" + base64.b64encode(digest(archive, "sha512")).decode() != pin["integrity"]:
                sys.exit(f"{archive.name}: its integrity is not the pinned one of {name}")

        obtain(root / f"{name}-{pin['version']}", download, check)
    return root


if __name__ == "__main__":
    if sys.argv[1:] == ["apt"]:
        apt()
    elif sys.argv[1:] == ["sources"]:
        print(sources())
    else:
        sys.exit(__doc__)

"""awsbase and the packages that a function needs, as one zip: two builds give the same bytes.

The zip holds boto3 and botocore too: the copy in Lambda's runtime is changed by AWS, and is often older than what
awsbase asks for.
"""

from __future__ import annotations

import io
import json
import platform as host
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from awsbase import __version__
from awsbase.errors import AwsbaseError
from awsbase.records import record

# What a function never imports: the sandbox, the tools of developers, reports, and what shows things to people.
LEFT_OUT = ("sandbox", "samples", "selftest", "testing", "kinds", "report")
UNUSED = ("grandalf", "jinja2", "markupsafe", "pyparsing", "segno", "setuptools")
# Names of distributions, without case and with one kind of hyphen: https://peps.python.org/pep-0503/#normalized-names
NORMAL = re.compile(r"[-_.]+")
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
LABEL = "awsbase-bundle.json"
# A zip has no earlier date, and this one none but that.
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644
# What is compressed already.
STORED = (".gz", ".zip", ".png")
WHEEL = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+)(-\d[^-]*)?-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]+)\.whl"
)


class NotForLambda(AwsbaseError):
    """The packages at hand do not run on Lambda, or are not complete."""


@record
class Platform:
    """Where a zip runs: a runtime of Lambda, and an architecture."""

    runtime: str
    architecture: str


@cache
def own_bundle() -> bytes:
    """Return the zip of awsbase and its packages as they are installed here. Raises NotForLambda."""
    if why := unsuitable():
        raise NotForLambda(f"the packages that are installed here {why}", hint=PACK)
    return packed(installed(), platform_here())


PACK = "pack wheels for Lambda with `awsbase fleet package`, and name that file in the manifest"


def unsuitable() -> str:
    """Say why what is installed here does not run on Lambda; empty when it does."""
    here = platform_here()
    if sys.platform != "linux" or host.libc_ver()[0] != "glibc":
        return f"are for {sys.platform}, and Lambda runs Linux with glibc"
    if here.runtime not in RUNTIMES:
        return f"are for {here.runtime}, and Lambda has {RUNTIMES[0]} to {RUNTIMES[-1]}"
    return "" if here.architecture else f"are for {host.machine()}, and Lambda has x86_64 and arm64"


def platform_here() -> Platform:
    """Return what the Python that runs is, as Lambda calls it."""
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Platform(runtime, ARCHITECTURES.get(host.machine().lower(), ""))


def packed(files: Iterable[tuple[str, bytes]], where: Platform) -> bytes:
    """Return a zip of files: sorted by name, without the dates, owners and modes of this machine."""
    label = {"awsbase": __version__, "runtime": where.runtime, "architecture": where.architecture}
    held = {**dict(files), LABEL: json.dumps(label, sort_keys=True).encode()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in sorted(held):
            entry = zipfile.ZipInfo(name, FIRST_DATE)
            entry.create_system = 3  # Unix, whatever packs it
            entry.external_attr = READABLE << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(STORED) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, held[name], compresslevel=1)
    return written.getvalue()


def platform_of(zipped: bytes) -> Platform:
    """Return where a zip runs, as it says itself. Raises NotForLambda for one that does not say so."""
    try:
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            said = json.loads(archive.read(LABEL))
        return Platform(said["runtime"], said["architecture"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise NotForLambda(f"the code is no zip that awsbase has packed, for {error}", hint=PACK) from error


def installed() -> Iterator[tuple[str, bytes]]:
    """Yield the files of awsbase and of all packages that a function needs, as they are installed."""
    yield from own_files(Path(__file__).parent)
    for name in sorted(needed("awsbase")):
        found = distribution(name)
        for each in found.files or ():
            parts = each.parts
            if parts[0] == ".." or not wanted(parts):
                continue
            path = Path(str(found.locate_file(each)))
            if path.is_file():
                yield each.as_posix(), path.read_bytes()


def own_files(package: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of awsbase that a function needs."""
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        if path.is_file() and parts[0] not in LEFT_OUT and wanted(parts):
            yield "/".join(("awsbase", *parts)), path.read_bytes()


def wanted(parts: tuple[str, ...]) -> bool:
    """Tell whether a file of a package is needed: no caches, no tests, and nothing that an installer wrote."""
    name = parts[-1]
    written = parts[0].endswith(".dist-info") and name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    return not ("__pycache__" in parts or name.endswith((".pyc", ".pyi")) or written)


def needed(root: str) -> set[str]:
    """Return the names of all distributions that one needs, without extras. Raises NotForLambda."""
    found: set[str] = set()
    waiting = list(requirements(root))
    while waiting:
        name = waiting.pop()
        if name not in found and name not in UNUSED:
            found.add(name)
            waiting += requirements(name)
    return found


def requirements(name: str) -> list[str]:
    """Return the names that a distribution requires here, without its extras. Raises NotForLambda."""
    try:
        listed = distribution(name).requires or []
    except PackageNotFoundError:
        raise NotForLambda(f"the package {name} is not installed, and a function needs it", hint=PACK) from None
    plain = [each for each in listed if applies(each.partition(";")[2])]
    return [normal(re.match(r"[A-Za-z0-9._-]+", each)[0]) for each in plain]  # type: ignore[index]


def applies(marker: str) -> bool:
    """Tell whether a requirement holds on Lambda: those of extras and of other systems do not."""
    return not any(
        word in marker for word in ("extra", "win32", "Windows", "darwin", "python_version <", "python_version<")
    )


def normal(name: str) -> str:
    """Return the name of a distribution as others are compared with it."""
    return NORMAL.sub("-", name).lower()


def from_wheels(folder: Path) -> bytes:
    """Return the zip of awsbase and of the wheels in a folder, for the platform that their names say.

    Raises NotForLambda when wheels are missing, or are for several platforms or another system.
    """
    files, found, names = dict(own_files(Path(__file__).parent)), set(), set()
    for wheel in sorted(folder.glob("*.whl")):
        if (match := WHEEL.fullmatch(wheel.name)) is None:
            raise NotForLambda(f"{wheel.name} is no name of a wheel", hint=DOWNLOAD)
        name = normal(match["name"])
        if name in UNUSED or name == "awsbase":
            continue
        names.add(name)
        if match["platform"] != "any":
            found.add(platform_of_wheel(match))
        with zipfile.ZipFile(wheel) as archive:
            entries = [each for each in archive.namelist() if not each.endswith("/") and wanted(tuple(each.split("/")))]
            files |= {each: archive.read(each) for each in entries}
    if missing := sorted(needed("awsbase") - names):
        raise NotForLambda(f"there is no wheel of {', '.join(missing)} in {folder}", hint=DOWNLOAD)
    if len(found) != 1:
        listed = ", ".join(sorted(f"{each.runtime} on {each.architecture}" for each in found)) or "none"
        raise NotForLambda(f"the wheels in {folder} have to be for one platform, and are for {listed}", hint=DOWNLOAD)
    return packed(files.items(), found.pop())


DOWNLOAD = (
    "fetch them with `pip download --dest FOLDER --only-binary :all: --python-version 3.12 "
    "--platform manylinux2014_aarch64 boto3 click dnspython pydantic pyotp pyyaml rich`"
)


def platform_of_wheel(match: re.Match[str]) -> Platform:
    """Return where a wheel with compiled code runs. Raises NotForLambda for another system."""
    version = re.fullmatch(r"cp3(\d+)", match["python"])
    built = re.search(r"manylinux\w*_(x86_64|aarch64)", match["platform"])
    if version is None or built is None:
        raise NotForLambda(f"{match.string} is not for Linux with glibc, which Lambda runs", hint=DOWNLOAD)
    return Platform(f"python3.{version[1]}", ARCHITECTURES[built[1]])


def sizes(zipped: bytes) -> Mapping[str, int]:
    """Return how large a zip is, packed and unpacked."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {"packed": len(zipped), "unpacked": sum(each.file_size for each in archive.infolist())}

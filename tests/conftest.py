"""What holds for every test: nobody's AWS configuration is looked at, and nothing leaves this machine."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests import draws
from tests.faults import results

if TYPE_CHECKING:
    from tests.tls import Secured


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", help=f"draw with this seed instead of the day's; so does {draws.SEED}")
    parser.addoption("--all-cases", action="store_true", help="run all cases of sampled tests; go on where it stopped")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    # The workers of xdist get the environment too.
    os.environ[draws.SEED] = config.getoption("--seed") or os.environ.get(draws.SEED) or draws.today()
    # Hundreds of processes start below, with homes of their own: each would cut botocore's models by itself.
    os.environ["XDG_CACHE_HOME"] = str(config.rootpath / ".pytest_cache" / "home")
    (config.rootpath / ".pytest_cache" / "home").mkdir(parents=True, exist_ok=True)
    # Each would compile awsbase, too; each worker of xdist would compile all tests.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # A shell starts its background jobs with SIGINT ignored, and every process below would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(stay_here)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one worker more than there are processors: what waits for a terminal or a server leaves one idle."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 1


def pytest_report_header() -> str:
    return f"seed: {os.environ[draws.SEED]} (repeat with --seed or {draws.SEED})"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = set(results.done_before(items) if config.getoption("--all-cases") else draws.left_out(items))
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the process: modules, tests, and soon the models of all services."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    drawn = item.get_closest_marker("sampled") or "draw" in getattr(item, "fixturenames", ())
    if report.failed and drawn:
        report.sections.append(("what was drawn is repeated by", draws.command(item.nodeid)))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # xdist hands the reports of its workers to the process that writes.
    if report.when == "call" and report.passed and "PYTEST_XDIST_WORKER" not in os.environ:
        results.note(report)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Random:
    """Return what this test draws from."""
    return draws.draws(request.node.nodeid)


def needs(tool: str | Path) -> pytest.MarkDecorator:
    """Skip a test by name where a program, or the folder of a package, is not there; where CI is set, fail it."""
    return pytest.mark.needs(str(tool))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        if missing := [tool for tool in marker.args if shutil.which(tool) is None and not Path(tool).is_dir()]:
            refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            refuse(f"{', '.join(missing)} is not installed: make tools installs it")


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect to any other machine, or to ask one."""
    if (
        event in ("socket.connect", "socket.sendto")
        and isinstance(arguments[1], tuple)
        and not loopback(str(arguments[1][0]))
    ):
        raise ConnectionRefusedError(f"a test wanted to connect to {arguments[1][0]}")


def loopback(host: str) -> bool:
    """Say whether an address is this machine's."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def acme_repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the plug-in of `examples/`, from a copy and without the network; return the folder that it is in."""
    folder = tmp_path_factory.mktemp("plug-in")
    source = shutil.copytree(Path(__file__).parents[1] / "examples/acme_repositories", folder / "source")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(folder / "installed"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "installed"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium, once for all pages: Playwright runs once in a process."""
    from playwright.sync_api import sync_playwright

    from tests.browser import launch

    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secured]:
    """AWS's hosts behind a proxy, whose authority is trusted, and an administrator's key."""
    from awsbase import connections
    from tests.tls import secured

    with secured(tmp_path) as found:
        monkeypatch.setattr(connections, "_shared", {})
        monkeypatch.setattr(connections, "SOON", 30.0)  # a busy machine is slower than a host may be
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("HTTPS_PROXY", found.url)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(found.authority.bundle))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASANDBOXADMIN0000")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
        yield found

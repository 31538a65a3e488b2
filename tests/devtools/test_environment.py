"""The Python environment is made for real, from a lock of one small package that no registry knows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import environment
from devtools.home import Stop
from tests.devtools.wheels import locked, wheel

UV_HERE = Path(sys.prefix) / "bin" / "uv"
WORKS, FAILS = "#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 1\n"
OTHER_PYTHON = "#!/bin/sh\necho 2.7\n"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock, and an environment that is not there yet. Packages are looked for beside the lock and nowhere else."""
    path = tmp_path / "requirements.lock"
    path.write_text(locked(wheel(tmp_path / "wheels", "tolls")))
    monkeypatch.setattr(environment, "LOCK", path)
    settings = {
        "LOANDESK_VENV": tmp_path / "venv", "LOANDESK_INSTALLER": "pip", "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": tmp_path / "wheels", "UV_OFFLINE": "1", "UV_CACHE_DIR": tmp_path / "cache",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    return path


@pytest.fixture(scope="module")
def with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds pip alone: making one takes seconds, copying it does not."""
    folder = tmp_path_factory.mktemp("with_pip") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder


@pytest.fixture
def empty(lock: Path, with_pip: Path) -> Path:
    """An environment into which nothing was installed yet."""
    return shutil.copytree(with_pip, environment.folder(), symlinks=True)


def installed() -> str:
    ask = [str(environment.python()), "-c", "import tolls; print(tolls.TOLL)"]
    return subprocess.run(ask, capture_output=True, text=True).stdout.strip()


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_it_is_made_once_for_each_lock(lock: Path, capfd: Said) -> None:
    assert not environment.ready()

    environment.ensure()

    assert environment.ready() and installed() == "7"
    assert (environment.packages() / "tolls.py").exists()
    assert "installing 1 locked packages with pip" in capfd.readouterr().err
    environment.ensure()
    assert capfd.readouterr().err == ""
    lock.write_text(f"# another one\n{lock.read_text()}")
    assert not environment.ready()


def test_one_of_another_python_is_made_anew(lock: Path) -> None:
    program(environment.python(), OTHER_PYTHON)
    left = environment.folder() / "left-over"
    left.touch()

    environment.ensure()

    assert installed() == "7" and not left.exists()


@pytest.mark.skipif(not UV_HERE.exists(), reason="this environment was made without uv")
def test_uv_installs_where_it_is_there(empty: Path, capfd: Said) -> None:
    (empty / "bin" / "uv").symlink_to(UV_HERE)

    environment.ensure()

    assert environment.ready() and installed() == "7"
    assert "with pip" not in capfd.readouterr().err


def test_pip_installs_where_uv_cannot(empty: Path, capfd: Said) -> None:
    program(empty / "bin" / "uv", FAILS)

    environment.ensure()

    assert environment.ready() and installed() == "7"
    assert "uv did not succeed; trying pip" in capfd.readouterr().err


def test_a_package_that_is_not_the_one_of_the_lock_is_refused(empty: Path, lock: Path, tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tolls", script=WORKS)

    with pytest.raises(Stop, match=r"(?s)HASHES.*Stopped while installing the locked packages"):
        environment.ensure()

    assert not environment.ready() and installed() == ""


def test_uv_is_installed_where_it_can_be_had(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOANDESK_INSTALLER")
    wheel(tmp_path / "wheels", "uv", script=WORKS)

    assert environment._uv() == [str(empty / "bin" / "uv")]


@pytest.mark.parametrize(("text", "used"), [(WORKS, True), (FAILS, False)])
def test_else_the_uv_of_this_machine_is_used_if_it_works(
    text: str, used: bool, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOANDESK_INSTALLER")
    found = program(tmp_path / "programs" / "uv", text)
    monkeypatch.setenv("PATH", str(found.parent), prepend=":")

    assert environment._uv() == ([str(found)] if used else [])


def test_packages_go_beside_the_environment_or_it_is_said_why_not(empty: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside"

    assert environment.install_into(beside, ["tolls==1.0"]) == ""
    assert (beside / "tolls.py").exists() and installed() == ""
    assert "tolls==2.0" in environment.install_into(beside, ["tolls==2.0"])


def test_an_environment_without_packages_is_told_by_name(lock: Path) -> None:
    with pytest.raises(Stop, match=f"{environment.folder()} holds no Python packages"):
        environment.packages()

"""A new device is set in the profile with the keys; a removed one is corrected or named wherever a profile has it."""

from pathlib import Path

import pytest

from awsbase.people import files, mfa_serial
from awsbase.people.files import Files, find

OLD, NEW = "arn:aws:iam::123456789012:mfa/alice", "arn:aws:iam::123456789012:mfa/phone"
CONFIG = f"""\
[profile work]
mfa_serial = {OLD}
[profile prod]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = work
mfa_serial = {OLD}
[profile other]
mfa_serial = {NEW}
"""


@pytest.fixture
def where(tmp_path: Path) -> Files:
    found = find({}, tmp_path)
    found.config.parent.mkdir()
    found.config.write_text(CONFIG)
    found.credentials.write_text(f"[daily]\naws_access_key_id = A\naws_secret_access_key = s\nmfa_serial = {OLD}\n")
    return found


def test_every_profile_with_a_removed_device_gets_another_one(where: Files) -> None:
    lines = list(mfa_serial.correct(where, [OLD], lambda: [NEW, "other"]))

    assert lines == [f"profile {name}: mfa_serial is {NEW}" for name in ("daily", "prod", "work")]
    assert OLD not in where.config.read_text() + where.credentials.read_text()
    assert where.config.read_text() == CONFIG.replace(OLD, NEW)


def test_without_another_device_roles_are_named_and_keep_it(where: Files) -> None:
    lines = list(mfa_serial.correct(where, [OLD], list))

    assert [line.split()[1].rstrip(":") for line in lines] == ["daily", "prod", "work"]
    assert "works again with a new one of the same name" in lines[1]
    assert "mfa_serial" not in files.read_credentials(where)["daily"]
    assert files.read_config(where)["prod"]["mfa_serial"] == OLD


def test_devices_are_not_listed_for_profiles_without_the_removed_one(where: Files) -> None:
    def left() -> list[str]:
        raise AssertionError("nothing has to be known")

    assert list(mfa_serial.correct(where, ["arn:aws:iam::123456789012:mfa/bob"], left)) == []


def test_file_that_cannot_be_written_is_named_with_what_to_write(where: Files, tmp_path: Path) -> None:
    shared = Files(where.credentials, Path("/dev/null"))
    line = mfa_serial.put(shared, "work", NEW)

    assert line.startswith("profile work in /dev/null is unchanged")
    assert line.endswith(f"write `mfa_serial = {NEW}` into it")

"""The EC2 user data of a bastion: a script, rendered from the manifest, that configures the host at each boot."""

from awsbase.userdata.login import DEBIAN_ACCOUNTS, login, login_fault
from awsbase.userdata.render import LIMIT, Mode, Person, letting_in, mode_of, people_in, reasons, render

__all__ = [
    "DEBIAN_ACCOUNTS",
    "LIMIT",
    "Mode",
    "Person",
    "letting_in",
    "login",
    "login_fault",
    "mode_of",
    "people_in",
    "reasons",
    "render",
]

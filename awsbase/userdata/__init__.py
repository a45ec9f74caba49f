"""What a bastion does to itself at each boot: a script made from the manifest, handed over as EC2 user data."""

from awsbase.userdata.login import login, login_fault
from awsbase.userdata.render import LIMIT, Mode, Person, people_in, reasons, render

__all__ = ["LIMIT", "Mode", "Person", "login", "login_fault", "people_in", "reasons", "render"]

"""A Terraform state beside an adoption: what its resources are called, and how Terraform lets go of them.

Files are read, nothing else. `read_state` reads one, `named` lets a section's draft say where things come from, and
`hand_over` tells what Terraform has to forget once a manifest manages it.
"""

from awsbase.adopt.terraform.handover import HandOver, hand_over
from awsbase.adopt.terraform.naming import named
from awsbase.adopt.terraform.state import Instance, State, UnreadableState, read_state

__all__ = ["HandOver", "Instance", "State", "UnreadableState", "hand_over", "named", "read_state"]

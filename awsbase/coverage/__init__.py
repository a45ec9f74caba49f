"""Coverage of published standards by a manifest and its account, control by control."""

from awsbase.coverage.judge import STATUSES, Row, Status, judge
from awsbase.coverage.standards import STANDARDS, Control

__all__ = ["STANDARDS", "STATUSES", "Control", "Row", "Status", "judge"]

"""The embedded AWS: moto, made strict on the server's side of the wire."""

from awsbase.sandbox.account import Sandbox
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.faults import Fault, Killed, LostReply
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.record import Call
from awsbase.sandbox.rules.sns import Mail

__all__ = ["Call", "Clock", "Fault", "Killed", "LostReply", "Mail", "Message", "Reply", "Sandbox"]

"""The embedded AWS: moto, made strict on the server's side of the wire."""

from awsbase.sandbox.account import Sandbox
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.faults import Fault, Killed, LostReply
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.services import SERVICES
from awsbase.sandbox.services.sns import Mail
from awsbase.sandbox.wire import Refusal

__all__ = [
    "SERVICES",
    "Call",
    "Clock",
    "Fault",
    "Killed",
    "LostReply",
    "Mail",
    "Message",
    "Refusal",
    "Reply",
    "Request",
    "Rule",
    "Sandbox",
    "Service",
]

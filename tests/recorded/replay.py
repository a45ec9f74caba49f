"""Recordings of `awsbase selftest`, played again: each plan runs on what AWS answered then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import boto3

from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.samples import SAMPLES
from awsbase.samples.sample import HOME, Sample
from awsbase.selftest.recording import ASKED, as_json
from awsbase.selftest.trial import EMPTY, FOUND, differences, problems, said

FOLDER = Path(__file__).parent


class NotRecorded(Exception):
    """A plan asks what it did not ask when this was recorded."""


@dataclass(frozen=True)
class Plan:
    """One plan of a recording: the sample, the step, what AWS answered, and the changes that it must list.

    What a process reads once, such as the types of instances, was answered in an earlier step.
    """

    sample: Sample
    step: str
    at: datetime
    answers: Mapping[str, Mapping[str, Any]]
    earlier: Mapping[str, Mapping[str, Any]]
    expected: Sequence[str]

    def wrong(self) -> list[str]:
        """Plan again; return what the plan says otherwise."""
        session = boto3.Session("recorded", "recorded", region_name=HOME.region)
        wire = Wire()
        aws = Aws(session, HOME.region, attach=[wire.attach, self.attach], attempts=1)
        account = Account(aws, wire, HOME.account, f"arn:aws:iam::{HOME.account}:user/recorded")
        report = execute("plan", self.sample.resources, KINDS, account, clock=Stopped(self.at))
        return [*problems(report), *differences(said(report), self.expected)]

    def attach(self, client: Any) -> None:
        """Let a client be answered from the recording."""

        def note(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
            context[ASKED] = deepcopy(dict(params))

        def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
            region = client.meta.region_name
            service = model.service_model.service_name
            # A list is asked for by what names begin with, which the names of a selftest do otherwise.
            alike = [each for each in self.answers.values() if asks(each) == (service, model.name, region)]
            asked = key(service, model.name, region, context[ASKED])
            line = self.answers.get(asked) or (alike[0] if len(alike) == 1 else self.earlier.get(asked))
            if line is None:
                raise NotRecorded(f"{service}:{model.name} in {region} {context[ASKED]}")
            meta = {"HTTPStatusCode": line["status"], "HTTPHeaders": {}}
            return SimpleNamespace(status_code=line["status"], headers={}), {
                **understood(line["data"]),
                "ResponseMetadata": meta,
            }

        client.meta.events.register("before-parameter-build.*", note)
        client.meta.events.register("before-call.*", answer)


@dataclass(frozen=True)
class Stopped:
    """A clock that shows when something was recorded."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float, stop: Event) -> None:
        """Let no time pass."""


def plans(file: Path) -> Iterator[Plan]:
    """Yield each plan of a recording."""
    by_name = {sample.name: sample for sample in SAMPLES}
    steps: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for text in file.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        steps.setdefault((line["sample"], line["step"]), []).append(line)
    earlier: dict[str, dict[str, Any]] = {}
    for (name, step), lines in steps.items():
        # The last answer counts: a plan was made again until AWS showed what had been written.
        answers = {key(each["service"], each["operation"], each["region"], each["params"]): each for each in lines}
        tampering, _, part = step.rpartition(": ")
        expected = by_name[name].tamperings[tampering].repair if part == FOUND else ()
        # User data is left out of recordings, so that no plan can compare it.
        bare = not any(isinstance(each, LaunchTemplate) for each in by_name[name].resources)
        if part in (FOUND, EMPTY) and bare:
            at = datetime.fromisoformat(lines[-1]["at"])
            yield Plan(by_name[name], step, at, answers, dict(earlier), expected)
        earlier |= answers


def asks(line: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return which call a line answers."""
    return line["service"], line["operation"], line["region"]


def key(service: str, operation: str, region: str, params: Mapping[str, Any]) -> str:
    """Return what an answer is found by."""
    return f"{service} {operation} {region} {json.dumps(params, sort_keys=True, default=as_json)}"


def understood(value: Any) -> Any:
    """Return an answer as botocore gives it: times are times."""
    if isinstance(value, dict):
        if value.get("__class__") == "datetime":
            return datetime(**{name: each for name, each in value.items() if name != "__class__"}, tzinfo=UTC)
        if value.get("__class__") == "bytes":
            return str(value["text"]).encode()
        return {name: understood(each) for name, each in value.items()}
    return [understood(each) for each in value] if isinstance(value, list) else value

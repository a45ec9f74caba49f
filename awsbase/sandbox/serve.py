"""The same sandbox on a socket, for the AWS CLI, Terraform and clients of other processes."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from awsbase.sandbox import wire
from awsbase.sandbox.account import Sandbox
from awsbase.sandbox.callers import ADMINISTRATOR_KEY
from awsbase.sandbox.clients import AWS_DOMAINS
from awsbase.sandbox.faults import Killed, LostReply
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.world import World

Served = Sandbox | World


def serve(
    host: str = "127.0.0.1", port: int = 0, *, sandbox: Served, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serve a sandbox until interrupted or terminated; call `ready` with the URL once it answers at once."""
    warm(sandbox)
    server = listen(sandbox, host, port)
    with _terminated(server):
        try:
            ready(f"http://{server.host}:{server.port}")
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            logging.getLogger(__name__).debug("interrupted")
        finally:
            server.server_close()


def serve_beside(host: str = "127.0.0.1", port: int = 0, *, sandbox: Served, ended: Callable[[], None]) -> str:
    """Serve a sandbox until this process ends, whatever program it then runs; return the URL.

    The server is a process of its own. It calls `ended` at its end.
    """
    warm(sandbox)
    server = listen(sandbox, host, port)
    url, user = f"http://{server.host}:{server.port}", os.getpid()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        server.server_close()
        return url
    # No child of the user's: a program may wait until the last of its children has ended.
    if os.fork() == 0:
        try:
            # A thread does not live on in a child.
            if dns := getattr(sandbox, "dns", None):
                dns.start()
            _serve_while_runs(user, server)
            ended()
        finally:
            os._exit(0)
    os._exit(0)


def _serve_while_runs(user: int, server: BaseWSGIServer) -> None:
    # Ctrl-C is for the program at the terminal, and the end of a pipe is where that program ends.
    os.setsid()
    void = os.open(os.devnull, os.O_RDWR)
    os.dup2(void, 0)
    os.dup2(void, 1)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    while _runs(user):
        time.sleep(0.1)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # One that has ended stays until its parent asks, and the parent may wait for the end of this server's stderr.
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def listen(sandbox: Served, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """Open a socket that answers for the sandbox; the caller runs `serve_forever` and `shutdown`."""

    def application(environ: dict[str, Any]) -> Reply:
        return sandbox.answer(_addressed(_message(environ), sandbox.asked))

    # What werkzeug takes for a WSGI application is for the handler alone, which calls it.
    answering: Any = application
    return make_server(host, port, answering, threaded=True, request_handler=_Handler)


def warm(sandbox: Served) -> None:
    """Load what the first call to each service would wait for."""
    reads = [(service.name, *read) for service in sandbox.services.values() for read in service.warm_up.items()]
    for service, operation, params in reads:
        scope = f"{ADMINISTRATOR_KEY}/20300101/us-east-1/{wire.model(service).signing_name}/aws4_request"
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"}
        at = Message("POST", wire.address(service, "us-east-1", sandbox.account), signed, b"")
        sandbox.answer(wire.write(wire.operation(service, operation), params, at))
    sandbox.forget_calls()


class CutOff(Exception):
    """A program ended before it had sent the whole of a request."""


_BY_SERVER = ("server", "connection", "transfer-encoding")
_REASON = {200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class _Handler(WSGIRequestHandler):
    """Keep connections open, headers as they were sent, and the terminal quiet."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a response in several packets would wait for the acknowledgement of the first
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request, and keep the connection as AWS does.

        werkzeug closes it, since an application may leave a part of the body unread; this one reads each body whole.
        """
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        try:
            application: Any = self.server.app
            reply: Reply = application(self.make_environ())
        except (LostReply, Killed, CutOff):
            self.close_connection = True
            return
        except Exception:
            # A mistake of the sandbox is told where it runs, and whoever called it is answered all the same.
            logging.getLogger(__name__).exception("the sandbox failed at %s %s", self.command, self.path)
            reply = Reply(500, {}, b"")
        self.send_response(reply.status, _REASON.get(reply.status, "Answered"))
        held = {name: value for name, value in reply.headers.items() if name.lower() not in _BY_SERVER}
        if "content-length" not in map(str.lower, held):
            held["Content-Length"] = str(len(reply.body))
        for name, value in held.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def make_environ(self) -> Any:
        environ = super().make_environ()
        environ["awsbase.headers"] = dict(self.headers.items())
        return environ

    def send_response(self, code: int, message: str | None = None) -> None:
        # http.server would add its own Date, by this machine's clock, to the sandbox's.
        self.send_response_only(code, message)

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        logging.getLogger(__name__).debug(message, *args)


def _message(environ: dict[str, Any]) -> Message:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    stream, chunked = environ["wsgi.input"], environ.get("wsgi.input_terminated")
    try:
        body = stream.read() if chunked else stream.read(length)
    except OSError as error:
        raise CutOff from error
    # Without its parameters a call can mean another one, and AWS finds that the signature is of a longer body.
    if not chunked and len(body) < length:
        raise CutOff
    headers = {name: value for name, value in environ["awsbase.headers"].items() if name.lower() != "transfer-encoding"}
    return Message(environ["REQUEST_METHOD"], f"http://{environ['HTTP_HOST']}{environ['RAW_URI']}", headers, body)


def _addressed(message: Message, asked: Callable[[Message], Sandbox]) -> Message:
    """Return a request as it would have been sent to AWS itself, to the account that is asked."""
    scope = wire.scope(message)
    if scope is None or not wire.known(scope.service):
        return message
    sent = urlsplit(message.url)
    if (sent.hostname or "").endswith(AWS_DOMAINS):
        return replace(message, url=sent._replace(scheme="https").geturl())
    to = urlsplit(wire.address(scope.service, scope.region, asked(message).account))
    host = to.netloc
    # Against a name such as localhost, S3 clients put the bucket in front of the host.
    bucket, _, rest = (sent.hostname or "").partition(".localhost")
    if scope.service == "s3" and bucket and not rest and (sent.hostname or "").endswith(".localhost"):
        host = f"{bucket}.{host}"
    headers = {name: value for name, value in message.headers.items() if name.lower() != "host"}
    url = f"https://{host}{sent.path}" + (f"?{sent.query}" if sent.query else "")
    return replace(message, url=url, headers={**headers, "Host": host})


@contextmanager
def _terminated(server: BaseWSGIServer) -> Iterator[None]:
    """End the server on SIGTERM; only the main thread may ask for signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        # shutdown waits for the loop that this signal has interrupted, so it needs another thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

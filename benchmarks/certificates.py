"""A throw-away authority that certifies AWS's hosts for a served account: made anew for each benchmark."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.httpsession import where
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


class Authority:
    """Signs certificates, of the size of AWS's, for whatever host a client asks for.

    `bundle` is the file of the authorities that clients trust. It holds the public ones too: to read 140 certificates
    is what a client of AWS pays for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), named("awsbase benchmarks")
        root = signed(self.name, self.name, self.key, self.key, x509.BasicConstraints(ca=True, path_length=0))
        self.bundle = folder / "authorities.pem"
        self.bundle.write_bytes(Path(where()).read_bytes() + root.public_bytes(PEM))
        self._hosts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self) -> ssl.SSLContext:
        """Return the TLS context of a server that is each host which a client names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = lambda connection, host, _: setattr(connection, "context", self.host(host))
        return context

    def host(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of one host, which is certified once."""
        with self._lock:
            if host not in self._hosts:
                self._hosts[host] = self._certified(host)
        return self._hosts[host]

    def _certified(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = signed(named("awsbase"), self.name, key, self.key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        file = self.folder / f"{host}.pem"
        file.touch(0o600)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + leaf.public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def named(name: str) -> x509.Name:
    """Return a subject of a certificate."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    """Return a certificate that is valid for a day."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=False)
        .sign(by, hashes.SHA256())
    )

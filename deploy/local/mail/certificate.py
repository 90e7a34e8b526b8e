"""The mail catcher's certificate: a throw-away authority signs it once at first start."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.ports import LOOPBACK
from deploy.local.state import State, private_folder, write_private

_YEARS = dt.timedelta(days=3650)
_RENEW_BEFORE = dt.timedelta(days=30)


@dataclass(frozen=True)
class MailCertificate:
    """Where the certificate, its key and its authority lie."""

    state: State

    @property
    def authority(self) -> Path:
        """What clients trust (KUJIBIKI_SMTP_CA_FILE)."""
        return self.state.root / "mail-ca.pem"

    @property
    def certificate(self) -> Path:
        """What the catcher shows."""
        return self.state.secrets / "mail-certificate.pem"

    @property
    def key(self) -> Path:
        """The catcher's private key."""
        return self.state.secrets / "mail-key.pem"

    def provide(self) -> None:
        """Make all three files, unless they are there and good for a while."""
        if all(path.exists() for path in (self.authority, self.certificate, self.key)) and self._is_fresh():
            return
        # The authority's key is dropped here, so that nobody can sign anything else with it.
        authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority = _authority(authority_key)
        private_folder(self.state.secrets)
        write_private(self.key, _pem_key(key))
        write_private(self.certificate, _pem(_server(key, authority, authority_key)))
        write_private(self.authority, _pem(authority))

    def _is_fresh(self) -> bool:
        loaded = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return loaded.not_valid_after_utc > dt.datetime.now(dt.UTC) + _RENEW_BEFORE


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Kujibiki embedded stack")
    usage = _usage(key_cert_sign=True, crl_sign=True)
    return (
        _builder(name, name, key.public_key(), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    return (
        _builder(_name("localhost"), authority.subject, key.public_key(), authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    start = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

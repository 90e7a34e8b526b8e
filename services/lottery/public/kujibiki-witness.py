#!/usr/bin/env python3
"""A witness's own program for a draw of the protocol kujibiki-draw/1. Runs off-line; standard library only.

抽せんの立会人が自分のパソコンで使うプログラムです(インターネット不要)。

    python3 kujibiki-witness.py check                                whether this Python can do all of it
    python3 kujibiki-witness.py new --name NAME --draw ID --file F   make a key and a secret, once a draw
    python3 kujibiki-witness.py show --file F                        public key and commitment, for the announcement
    python3 kujibiki-witness.py reveal --file F                      the secret, after the entries are frozen
    python3 kujibiki-witness.py sign RECORD.json --file F            sign the closing, or a ceremony's value

Keep the file to yourself: who has it can sign in your name. The program remembers the closing it signed and never
signs another one of the same draw. Add --json for output that programs read. Exit: 0 done, 1 refused, 2 could not read.
"""

# ruff: noqa: B905 (zip has no `strict` before Python 3.10)
from __future__ import annotations

import argparse
import calendar
import datetime
import getpass
import hashlib
import hmac
import json
import os
import platform
import re
import secrets
import sys
from pathlib import Path

PROTOCOL = "kujibiki-draw/1"
FORMAT = "kujibiki-witness/1"
MAX_RECORD = 1 << 20
SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26}
JAPAN = datetime.timedelta(hours=9)

NAME = re.compile(r"[a-z0-9-]{1,64}")
HASH = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
CEREMONY = re.compile(r"ceremony:[a-z0-9-]{1,64}")
DIGITS = re.compile(r"[0-9]{25,200}")


class Refused(Exception):
    """What a witness must not do, or what the program can't take; the message says why in both languages."""


class Unreadable(Exception):
    """A file that is not there, or not what it should be."""


# ---------------------------------------------------------------- Ed25519, RFC 8032 §5.1 and §6
# Plain and not constant in time: it is meant for a computer that nobody else uses at that moment.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def point_add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def base_point():
    square = (BASE_Y * BASE_Y - 1) * pow(D * BASE_Y * BASE_Y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, BASE_Y, 1, x * BASE_Y % P


BASE = base_point()


def encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def expand(private):
    """Scalar and prefix of a 32-byte private key."""
    digest = hashlib.sha512(private).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(private):
    return encode(point_multiply(expand(private)[0], BASE))


def sign(private, message):
    scalar, prefix = expand(private)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    start = encode(point_multiply(r, BASE))
    k = int.from_bytes(hashlib.sha512(start + public_key(private) + message).digest(), "little") % L
    return start + ((r + k * scalar) % L).to_bytes(32, "little")


# ---------------------------------------------------------------- the protocol's bytes


def canonical(value):
    """Canonical JSON (RFC 8785) of a value without floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(draw, name, secret):
    opened = {"draw": draw, "protocol": PROTOCOL, "secret": secret.hex(), "witness": name}
    return hashlib.sha256(canonical(opened)).hexdigest()


def fits(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def names(value):
    return isinstance(value, list) and all(map(fits(NAME), value)) and value == sorted(set(value))


def is_time(value):
    if not fits(TIME)(value):
        return False
    try:
        moment(value)
    except ValueError:
        return False
    return True


def is_round(value):
    return type(value) is int and 1 <= value < 2**53


RECORDS = {
    "closed": {"at": is_time, "digest": fits(HASH), "revealed": names, "missing": names},
    "beacon": {"at": is_time, "closed": fits(HASH), "source": fits(CEREMONY), "round": is_round, "value": fits(DIGITS)},
}


def unique_keys(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def read_record(path):
    """The record to sign, without signatures that others have put under it; Refused unless it is one of ours."""
    with sys.stdin.buffer if path == "-" else Path(path).open("rb") as stream:
        data = stream.read(MAX_RECORD + 1)
    if len(data) > MAX_RECORD:
        raise Refused("the record is longer than 1 MiB (記録が大きすぎます)")
    try:
        record = json.loads(data.decode("utf-8-sig"), object_pairs_hook=unique_keys)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON record: {error}") from None
    kind = record.get("type") if isinstance(record, dict) else None
    if not isinstance(kind, str) or kind not in RECORDS:
        raise Refused("only a closing or a ceremony's value is signed (署名できるのは締切記録と公開抽選の値だけです)")
    record.pop("signatures", None)
    shapes = RECORDS[kind]
    if record.keys() != shapes.keys() | {"type"}:
        raise Refused(f"the record has other fields than a {kind} record (項目が違います)")
    for field, shape in shapes.items():
        if not shape(record[field]):
            raise Refused(f"the field {field} is malformed (項目の形が正しくありません)")
    return record


# ---------------------------------------------------------------- the witness's file


def seal(private, secret, passphrase):
    """Key and secret under a passphrase: scrypt gives a pad used only here (a new salt each time), and a MAC key."""
    salt = secrets.token_bytes(16)
    pad = stretch(passphrase, salt)
    hidden = bytes(a ^ b for a, b in zip(private + secret, pad))
    tag = hmac.new(pad[64:], salt + hidden, "sha256").hexdigest()
    return {"salt": salt.hex(), "hidden": hidden.hex(), "tag": tag}


def unseal(sealed, passphrase):
    salt, hidden = bytes.fromhex(sealed["salt"]), bytes.fromhex(sealed["hidden"])
    pad = stretch(passphrase, salt)
    if not hmac.compare_digest(hmac.new(pad[64:], salt + hidden, "sha256").hexdigest(), sealed["tag"]):
        raise Refused("wrong passphrase (パスフレーズが違います)")
    both = bytes(a ^ b for a, b in zip(hidden, pad))
    return both[:32], both[32:]


def stretch(passphrase, salt):
    return hashlib.scrypt(passphrase.encode(), salt=salt, dklen=96, **SCRYPT)


def write_new(path, content):
    """Create a file that only its owner may read; never over an older one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(json.dumps(content, indent=2, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def rewrite(path, content):
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    beside = f"{path}.{secrets.token_hex(4)}.new"
    write_new(beside, content)
    Path(beside).replace(path)


def load(path):
    with Path(path).open("rb") as file:
        data = file.read(MAX_RECORD)
    try:
        content = json.loads(data.decode())
    except ValueError:
        content = None
    wanted = {"format", "draw", "witness", "key", "commitment", "private", "secret", "sealed", "signed"}
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.keys() != wanted:
        raise Unreadable(f"{path} is not a witness's file")
    return content


def opened(content, options):
    """Private key and secret of a loaded file, checked against what the file shows in public."""
    if content["sealed"] is None:
        private, secret = bytes.fromhex(content["private"]), bytes.fromhex(content["secret"])
    else:
        private, secret = unseal(content["sealed"], passphrase_for(options, "Passphrase (パスフレーズ): "))
    is_whole = public_key(private).hex() == content["key"]
    if not is_whole or commitment(content["draw"], content["witness"], secret) != content["commitment"]:
        raise Unreadable("the file is damaged: key or secret is not the announced one")
    return private, secret


def passphrase_for(options, prompt):
    need_scrypt()
    if options.passphrase_file:
        return Path(options.passphrase_file).read_text(encoding="utf-8").rstrip("\r\n")
    return getpass.getpass(prompt)


# ---------------------------------------------------------------- commands


def need_scrypt():
    """Before a passphrase is asked for: macOS's own Python is built without OpenSSL, and can't use one."""
    if not hasattr(hashlib, "scrypt"):
        raise Unreadable(
            f"this Python ({sys.executable}) has no scrypt, so it can use no passphrase; the one of macOS is such."
            " Install Python from https://www.python.org/downloads/, open a new terminal, and type the line again."
            " (このPythonではパスフレーズ(合言葉)を使えません。macOSに付属のものがそうです。"
            "python.orgからPythonを入れ、ターミナルを開き直して、同じ行をもう一度打ってください)"
        )


def command_check(_):
    if sys.version_info < (3, 9):  # noqa: UP036 (a witness may have an older one)
        raise Unreadable(
            f"Python {platform.python_version()} is too old: install one from https://www.python.org/downloads/"
            " (Pythonが古すぎます。python.orgから新しいものを入れてください)"
        )
    need_scrypt()
    print(f"Python {platform.python_version()}: ready 使えます")


def command_new(options):
    for what, value in (("--name", options.name), ("--draw", options.draw)):
        if NAME.fullmatch(value) is None:
            raise Refused(f"{what}: small letters a-z, digits and - only, 1 to 64 (半角の英小文字・数字・ハイフン)")
    private, secret = secrets.token_bytes(32), secrets.token_bytes(32)
    content = {
        "format": FORMAT, "draw": options.draw, "witness": options.name, "key": public_key(private).hex(),
        "commitment": commitment(options.draw, options.name, secret),
        "private": private.hex(), "secret": secret.hex(), "sealed": None, "signed": {},
    }  # fmt: skip
    if options.passphrase or options.passphrase_file:
        passphrase = passphrase_for(options, "New passphrase (新しいパスフレーズ): ")
        if not passphrase:
            raise Refused("an empty passphrase protects nothing (パスフレーズが空です)")
        if passphrase != passphrase_for(options, "Once more (もう一度): "):
            # Whoever mistypes it would find out only when the secret is asked for, and be missing.
            raise Refused("the two passphrases differ; nothing was made (2回の入力が違います。何も作っていません)")
        content.update(private=None, secret=None, sealed=seal(private, secret, passphrase))
    try:
        write_new(options.file, content)
    except FileExistsError:
        reason = "is there already and is never overwritten (既存のファイルは上書きしません)"
        raise Refused(f"{options.file} {reason}") from None
    show(content, options)


def command_show(options):
    show(load(options.file), options)


def show(content, options):
    public = {field: content[field] for field in ("draw", "witness", "key", "commitment")}
    tell(options, public, [
        f"draw 抽せん              {public['draw']}",
        f"witness 立会人           {public['witness']}",
        f"public key 公開鍵        {public['key']}",
        f"commitment コミットメント {public['commitment']}",
    ])  # fmt: skip


def command_reveal(options):
    content = load(options.file)
    secret = opened(content, options)[1].hex()
    warn("Give this only after the entries are frozen (申込の確定後にだけ公開してください).")
    tell(options, {"witness": content["witness"], "secret": secret}, [f"secret 秘密の値  {secret}"])


def command_sign(options):
    content = load(options.file)
    record = read_record(options.record)
    message = canonical(record)
    digest = hashlib.sha256(message).hexdigest()
    for line in closing_in_words(record, digest, content) if record["type"] == "closed" else ceremony_in_words(record):
        warn(line)
    subject, answer = remembered(record, digest)
    refuse_second(content, record, subject, answer)
    if not options.yes:
        confirm(options.record)
    private = opened(content, options)[0]
    if content["signed"].get(subject) != answer:
        # Remembered before it is shown: a signature that left the program is never forgotten by it.
        content["signed"][subject] = answer
        rewrite(options.file, content)
    signature = sign(private, message).hex()
    tell(options, {"witness": content["witness"], "signature": signature, "digest": digest},
         [f"digest 要約値    {digest}", f"signature 署名   {signature}"])  # fmt: skip


def remembered(record, digest):
    """Under what a signature is remembered, and what: a draw has one closing, a ceremony's round one value."""
    if record["type"] == "closed":
        return "closed", digest
    return f"{record['source']} {record['round']}", f"{record['value']} of {record['closed']}"


def refuse_second(content, record, subject, answer):
    before = content["signed"].get(subject)
    if before is not None and before != answer:
        raise Refused(
            f"you have signed another one of this draw ({before}). Two different ones would break the draw:"
            " tell the other witnesses that you were asked"
            " (同じ抽せんの別の記録に署名済みです。署名せず、他の立会人に知らせてください)"
        )
    if record["type"] == "closed" and content["witness"] not in record["revealed"] + record["missing"]:
        raise Refused("this closing does not name you (この締切記録にあなたの名前がありません)")
    closing = content["signed"].get("closed")
    if record["type"] == "beacon" and closing not in (None, record["closed"]):
        raise Refused("this ceremony names another closing than you signed (署名した締切と違う締切です)")


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def in_words(text):
    seconds = calendar.timegm(moment(text).timetuple())
    japan = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds) + JAPAN
    return f"{text} (日本時間 {japan:%Y-%m-%d %H:%M:%S})"


def closing_in_words(record, digest, content):
    revealed, missing = ", ".join(record["revealed"]) or "-", ", ".join(record["missing"]) or "-"
    yield f"Closing of the draw {content['draw']} / 抽せん {content['draw']} の締切"
    yield f"  closed at / 締切時刻: {in_words(record['at'])}"
    yield f"  secrets revealed by / 秘密の値を公開した立会人: {revealed}"
    yield f"  missing / 公開しなかった立会人: {missing}"
    yield f"  digest of all lines so far / ここまでの全記録の要約値: {record['digest']}"
    yield f"  closing digest, to be read aloud and kept / 締切の要約値(読み上げて控える): {digest}"


def ceremony_in_words(record):
    yield f"What fell at the ceremony {record['source']}, round {record['round']} / 公開抽選で出た値"
    yield f"  at / 時刻: {in_words(record['at'])}"
    yield f"  digits as they fell / 出た順の数字: {record['value']} ({len(record['value'])})"
    yield f"  for the closing / 対象の締切: {record['closed']}"
    yield "Sign only if you saw exactly these digits fall (自分の目で見た数字と同じときだけ署名してください)."


def confirm(source):
    if source == "-":
        raise Refused("with - there is no keyboard to ask: give a file, or --yes (確認できません)")
    sys.stderr.write("Sign? Type yes. (署名しますか。yes と入力) ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise Refused("not signed (署名しませんでした)")


def tell(options, result, lines):
    print(json.dumps(result, sort_keys=True) if options.json else "\n".join(lines))


def warn(line):
    print(line, file=sys.stderr)


def arguments(given):
    parser = argparse.ArgumentParser(description="A witness's program for kujibiki-draw/1 (立会人のプログラム).")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--file", required=True, help="the witness's own file, one a draw")
    common.add_argument("--passphrase-file", metavar="FILE", help="read the passphrase from a file instead of asking")
    common.add_argument("--json", action="store_true", help="machine-readable output")
    commands.add_parser("check", help="whether this Python can do all of it")
    new = commands.add_parser("new", parents=[common], help="make key pair and secret")
    new.add_argument("--name", required=True)
    new.add_argument("--draw", required=True)
    new.add_argument("--passphrase", action="store_true", help="protect the file by a passphrase")
    commands.add_parser("show", parents=[common], help="public key and commitment")
    commands.add_parser("reveal", parents=[common], help="the secret, after the freeze")
    signing = commands.add_parser("sign", parents=[common], help="sign a closing or a ceremony's value")
    signing.add_argument("record", help="the record as JSON; - for standard input")
    signing.add_argument("--yes", action="store_true", help="sign without asking")
    return parser.parse_args(given)


def main(given=None):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = arguments(given)
    commands = {"check": command_check, "new": command_new, "show": command_show, "reveal": command_reveal,
                "sign": command_sign}  # fmt: skip
    try:
        commands[options.command](options)
    except Refused as refused:
        warn(f"REFUSED 拒否: {refused}")
        return 1
    except (Unreadable, OSError) as error:
        warn(f"COULD NOT READ 読めません: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Check a certificate of erasure of the format kujibiki-certificate/1.

消去証明書を、だれでも手元で確かめるためのプログラムです。

    python3 verify_certificate.py LS-2021-0001.json
    python3 verify_certificate.py LS-2021-0001.json --key HEX          the published seal key: who signed
    python3 verify_certificate.py LS-2021-0001.json --digest HEX       the digest printed on the paper (PDF)
    python3 verify_certificate.py LS-2021-0001.json --audit report.json  the auditor's own report

Exit: 0 everything that was checked holds, 1 refused (all faults are listed), 2 could not read. One file, standard
library only, Python 3.9 or later, no network. It shares no code with the service that issues certificates.
"""

# ruff: noqa: B905, RUF007 (zip has no `strict`, itertools no `pairwise`, before Python 3.10)
from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

FORMAT = "kujibiki-certificate/1"
SCOPE = "erased-at-the-contractor"
SERVICES = ["intake", "lottery", "notifier", "checkin", "retention"]
OWNERS = {"application": "intake", "staff": "retention"}
PARTITIONS = 6
MAX_BYTES = 64 << 20
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Unreadable(Exception):
    """Nothing can be said of what is not there or can't be read."""


# ---------------------------------------------------------------- JSON


def no_float(text):
    raise ValueError("a number with a point: " + text[:20])


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a name stands twice")
    return dict(pairs)


def read(path):
    """The object in a JSON file."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Unreadable(path + ": larger than 64 MiB")
        value = json.loads(data.decode("utf-8"), parse_float=no_float, parse_constant=no_float,
                           object_pairs_hook=no_doubles)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable(path + ": not a JSON object")
    return value


def canonical(value):
    """Canonical JSON: keys sorted, no spaces, UTF-8 (RFC 8785 where there are no floats)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def is_hex(value, digits):
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


# ---------------------------------------------------------------- Ed25519 (RFC 8032, section 5.1)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
IDENTITY = (0, 1, 1, 0)


def add_points(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add_points(result, point)
        point = add_points(point, point)
        scalar >>= 1
    return result


def decode_point(data):
    """The point (extended coordinates) of a canonical encoding, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_good_key(key):
    """A canonical key whose point is not of small order: such a key would accept signatures that nobody made."""
    point = decode_point(key)
    return point is not None and encode_point(multiply(8, point)) != encode_point(IDENTITY)


def is_signed(key, message, signature):
    """RFC 8032 section 5.1.7, without cofactor. Key of 32 bytes, signature of 64."""
    point, s = decode_point(key), int.from_bytes(signature[32:], "little")
    if point is None or not is_good_key(key) or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    return encode_point(add_points(multiply(s, BASE), multiply(k, minus))) == signature[:32]


# ---------------------------------------------------------------- the checks


class Checks:
    """What holds, what does not, and what no file can tell; each in Japanese and English."""

    def __init__(self):
        self.held, self.faults, self.unknown = [], [], []

    def must(self, true, ja, en):
        """One fact: both texts say it as it should be."""
        (self.held if true else self.faults).append((ja, en))
        return bool(true)

    def unproved(self, ja, en):
        self.unknown.append((ja, en))


def total(rows, name="subjects"):
    return sum(row[name] for row in rows)


def ordered(*moments):
    """Whether moments, written alike in UTC, do not go backwards."""
    return all(MOMENT.fullmatch(one) for one in moments) and all(a <= b for a, b in zip(moments, moments[1:]))


def check_signature(signed, checks, key, digest):
    statement, public = signed.get("statement"), signed.get("public_key")
    if not isinstance(statement, dict) or not is_hex(public, 64) or not is_hex(signed.get("signature"), 128):
        checks.must(False, "記載と署名がそろっている", "statement, signature and key are there")
        return
    message, raw = canonical(statement), bytes.fromhex(public)
    checks.must(statement.get("format") == FORMAT, "形式は " + FORMAT, "the format is " + FORMAT)
    checks.must(is_signed(raw, message, bytes.fromhex(signed["signature"])),
                "電子署名（Ed25519）が記載の全文に合う", "the Ed25519 signature fits the whole statement")
    checks.must(signed.get("key_id") == sha256(raw)[:16], "鍵の番号が鍵に合う", "the key's id fits the key")
    if key is None:
        checks.unproved("だれの鍵による署名か（--key に公表された鍵を指定する）",
                        "whose key signed it (give the published key by --key)")
    else:
        checks.must(key.lower() == public, "公表された鍵による署名である", "it was signed with the published key")
    if digest is not None:
        checks.must(re.sub(r"\s", "", digest).lower() == sha256(message),
                    "紙の証明書に印刷された照合値と同じ", "the digest printed on the paper is the same")


def check_counts(statement, checks):
    batches, orders = statement["batches"], statement["attested"]["orders"]
    checks.must(statement["scope"] == SCOPE, "範囲は「受託者における消去」", "the scope is: erased at the contractor")
    checks.must(batches and total(batches) == statement["subjects"] > 0,
                "単位ごとの人数の合計が総数と同じ", "the batches' counts add up to the whole")
    named = [one for batch in batches for one in batch["orders"]]
    checks.must(len(named) == len(set(named)) and sorted(named) == sorted(one["id"] for one in orders),
                "指示の一覧が単位の一覧と同じ", "the orders are those of the batches")
    checks.must(
        all(total([one for one in orders if one["batch"] == batch["id"]]) == batch["subjects"] for batch in batches),
        "指示ごとの人数の合計が単位の人数と同じ", "the orders' counts add up to each batch's")
    checks.must(
        all([one["service"] for one in order["receipts"]] == SERVICES for order in orders),
        "5つの業務すべてが、すべての指示に回答した", "all five services answered every order")
    checks.must(
        all(one["subjects"] == order["subjects"] for order in orders for one in order["receipts"]),
        "回答の人数が指示の人数と同じ", "each answer is about as many as its order")
    paper = statement["paper"]
    checks.must(paper["count"] == total(paper["destroyed"], "count"),
                "紙の廃棄枚数の合計が合う", "the destroyed paper adds up")
    checks.must(not (paper["due"] and paper["left"]), "廃棄期限の来た紙が残っていない", "no paper is left that is due")
    checks.must(all(set(one["witnessed_by"]) - set(one["destroyed_by"]) for one in paper["destroyed"]),
                "紙の廃棄に、廃棄者以外の立会人がいる", "paper was destroyed before a witness who is somebody else")


def check_keys(statement, checks):
    keys = statement["attested"]["keys"]
    gone = {(one["rotation"], one["service"]) for one in keys}
    checks.must(all((batch["rotation"], service) in gone for batch in statement["batches"] for service in SERVICES),
                "5つの業務すべてが鍵を廃棄した", "all five services destroyed their keys")
    seen = {one["service"]: one for one in statement["seen"]["epochs"]}
    checks.must(
        all(one["service"] in seen and str(one["epoch"]) in seen[one["service"]]["destroyed"]
            and seen[one["service"]]["current"] > one["epoch"] for one in keys),
        "廃棄された鍵を監査も確認した", "the audit found the same keys destroyed")


def check_times(statement, checks):
    seen, batches = statement["seen"], statement["batches"]
    orders = {one["id"]: one for one in statement["attested"]["orders"]}
    answers = {batch["id"]: [one["at"] for order in batch["orders"] for one in orders[order]["receipts"]]
               for batch in batches}
    gone = {batch["id"]: [one["destroyed_at"] for one in statement["attested"]["keys"]
                          if one["rotation"] == batch["rotation"]] for batch in batches}
    checks.must(
        all(batch["removed_at"] == max(answers[batch["id"]]) and batch["final_at"] == max(gone[batch["id"]])
            for batch in batches),
        "除去と確定の時刻が、最後の回答・最後の鍵廃棄の時刻である",
        "removed and final are the times of the last answer and of the last key's end")
    checks.must(
        all(ordered(batch["ordered_at"], min(answers[batch["id"]]), batch["removed_at"], statement["issued_at"])
            for batch in batches),
        "時刻の順序：指示 ≦ 回答 ≦ 除去 ≦ 発行", "in time: ordered ≤ answered ≤ removed ≤ issued")
    checks.must(
        all(ordered(batch["final_at"], seen["began_at"], seen["ended_at"], statement["sealed_at"])
            for batch in batches),
        "時刻の順序：確定 ≦ 監査 ≦ 署名", "in time: final ≤ seen ≤ signed")
    if statement["simulated_time"]:
        checks.unproved("暦の上の日付（この証明書は試験用の時刻で作られた）",
                        "dates by the calendar: this certificate was made in simulated time")
    else:
        checks.must(all(ordered(batch["removed_at"], batch["final_at"]) for batch in batches),
                    "時刻の順序：除去 ≦ 確定", "in time: removed ≤ final")


def check_orders(statement, checks):
    ids = [one["id"] for one in statement["attested"]["orders"]] + [one["id"] for one in statement["orders_beside"]]
    digest, seen = sha256("\n".join(sorted(ids)).encode("utf-8")), statement["seen"]
    checks.must(digest == statement["orders_digest"] == seen["orders_digest"] and seen["orders"] == len(ids),
                "監査はこの証明書と同じ指示を読んだ", "the audit read the same orders")
    beside = total(statement["orders_beside"])
    checks.must(seen["subjects"] >= statement["subjects"] + beside,
                "監査は同じ人数以上を調べた", "the audit looked for at least as many people")


def check_seen(statement, checks):
    seen, kinds = statement["seen"], {batch["kind"] for batch in statement["batches"]}
    ends = {(one["topic"], one["partition"]): one["end"] for one in seen["topics"]}
    reread = {}
    for order in statement["attested"]["orders"]:
        for receipt in order["receipts"]:
            for partition, end in receipt["reread"].items():
                place = (receipt["service"] + ".personal.v1", int(partition))
                reread[place] = max(end, reread.get(place, 0))
    wanted = {(OWNERS[kind] + ".personal.v1", number) for kind in kinds for number in range(PARTITIONS)}
    checks.must(wanted <= set(ends) and wanted <= set(reread) and all(ends[p] >= reread[p] for p in wanted),
                "個人情報のトピックの全区画が、業務の再読より先まで監査で読まれた",
                "every partition of the personal topics was read, further than the services did")
    checks.must(not any(one["erased"] for one in seen["topics"]),
                "トピックに消去対象の記録が0件", "no record of an erased person was seen on a topic")
    checks.must(seen["stores"] and not any(one["erased"] for one in seen["stores"]),
                "データベースに消去対象の行が0件", "no row of an erased person was seen in a store")
    trials = seen["trials"]
    checks.must(any(one["old_copies"] for one in trials) and not any(one["old_opened"] for one in trials),
                "消去前の写しは一つも開けなかった", "no old copy from before the erasure could be opened")
    checks.must(trials and all(0 < one["canaries"] == one["canaries_opened"] for one in trials),
                "同じ方法で、消去していない見本は開けた（試験が有効である）",
                "a living canary opened in the same way: the trial could have failed")
    checks.must(seen["log"]["problem"] is None, "取扱記録の連鎖に異常がない", "the access log's chain is whole")
    checks.must(not any(one["left"] for one in seen["files"]), "対象のファイルが0件", "no file was left")
    checks.must(all(one["canary"] and not one["found"] for one in seen["searches"]),
                "平文検索は見本を見つけ、対象は0件", "plain searches found their canary and nothing else")


def check_audit(statement, report, checks):
    seen = statement["seen"]
    checks.must(sha256(canonical(report)) == seen["report_digest"],
                "監査報告書は証明書が引用したものと同一", "the audit report is the one that the certificate quotes")
    same = ("orders", "subjects", "orders_digest", "began_at", "ended_at", "topics", "stores", "trials", "epochs")
    checks.must(all(report.get(name) == seen[name] for name in same),
                "監査報告書の数と照合値が証明書と同じ", "counts and digests of the report are the certificate's")
    checks.must(report.get("programme") == statement["programme"]["id"] and report.get("missing") == [],
                "監査報告書はこの事業のもので、指摘がない", "the report is about this programme and lacks nothing")


def check(signed, key=None, digest=None, report=None):
    """All checks on a signed certificate."""
    checks = Checks()
    check_signature(signed, checks, key, digest)
    statement = signed.get("statement")
    try:
        for one in (check_counts, check_keys, check_times, check_orders, check_seen):
            one(statement, checks)
        if report is not None:
            check_audit(statement, report, checks)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        checks.must(False, "記載事項がそろっている", f"every part is there and of its shape ({error})")
    if report is None:
        checks.unproved("監査報告書の原本（--audit に監査人から受け取った報告書を指定する）",
                        "the audit report itself (give the one that the auditor handed you by --audit)")
    checks.unproved("業務と監査人が正しく述べたこと。署名は記載が改変されていないことだけを示す",
                    "that services and auditor told the truth: a signature shows that nothing was changed since")
    checks.unproved("区に返却したもの、受信者に届いたメール・はがき、機器そのものの廃棄",
                    "what was returned to the ward, mails and cards in people's hands, the disposal of hardware")
    return checks


def say(checks, statement):
    print("消去証明書 {}　{}".format(statement.get("number", "?"), statement.get("issued_at", "?")))
    for title, mark, lines in (("確認したこと / CHECKED", "○", checks.held),
                               ("次のことが成り立っていない / REFUSED: not so", "×", checks.faults),
                               ("この検証では分からないこと / NOT PROVED", "－", checks.unknown)):
        if lines:
            print("\n" + title)
            for ja, en in lines:
                print(f"  {mark} {ja}\n      {en}")
    print("\n結果 / RESULT: " + ("REFUSED 合わない箇所があります" if checks.faults else "TRUE すべて合います"))


def main(arguments=None):
    parser = argparse.ArgumentParser(description="消去証明書の検証 / check a certificate of erasure")
    parser.add_argument("certificate")
    parser.add_argument("--key", help="published seal key, 64 hex digits / 公表された署名鍵")
    parser.add_argument("--digest", help="digest printed on the PDF / 紙に印刷された照合値")
    parser.add_argument("--audit", help="the auditor's report (JSON) / 監査報告書")
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        signed = read(chosen.certificate)
        report = read(chosen.audit) if chosen.audit else None
    except Unreadable as error:
        print(f"読めません / could not read: {error}", file=sys.stderr)
        return 2
    checks = check(signed, chosen.key, chosen.digest, report)
    statement = signed.get("statement")
    say(checks, statement if isinstance(statement, dict) else {})
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())

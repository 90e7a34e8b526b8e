#!/usr/bin/env python3
"""Compute again how fair a draw of the protocol kujibiki-draw/1 came out, from its published transcript.

公平さの数字（人数別・希望別・余った席）を、公開記録から計算し直します。

    python3 expect_draw.py transcript.jsonl            (or .jsonl.gz)
    python3 expect_draw.py transcript.jsonl --runs 100           fewer simulated draws, other figures

Check the transcript itself first, with verify_draw.py: this program believes what it reads. It prints, for each group
of five entries or more, what happened, the mean and the middle 95 % of the simulated draws. Days of application and
channels are not in a transcript. Exit: 0 printed, 2 could not read. One file, standard library only, Python 3.9 or
later, no network; it shares no code with the service. A minute or so for 10,000 entries.
"""

# ruff: noqa: B905 (zip has no `strict` before Python 3.10)
from __future__ import annotations

import argparse
import gzip
import hashlib
import hmac
import json
import struct
import sys
from collections import Counter
from pathlib import Path

MOST_RUNS, FEWEST_RUNS, MOST_TURNS, FEWEST, RUNS_ALONE = 1000, 100, 100_000_000, 5, 10


def read_draw(path):
    """What a transcript says: rules, seats by slot as adjusted, (seats, wishes, won) of entries not struck, seed."""
    rules, seats, entries, seed = None, {}, {}, None
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            record = json.loads(line)
            kind = record["type"]
            if kind == "rules":
                rules, seats = record, {slot["slot"]: slot["seats"] for slot in record["slots"]}
            elif kind == "entry":
                entries[record["entry"]] = [record["seats"], record["wishes"], []]
            elif kind == "struck":
                del entries[record["entry"]]
            elif kind == "adjusted":
                seats[record["slot"]] += record["seats"]
            elif kind == "seed":
                seed = bytes.fromhex(record["seed"])
            elif kind == "result" and record["entry"] in entries:
                entries[record["entry"]][2] = record["won"]
            elif kind == "outcome":
                break
    if rules is None or seed is None or not entries:
        raise ValueError("it has no entries or no seed: only the whole transcript of a draw that is done has both")
    return rules, seats, [entries[name] for name in sorted(entries)], seed


def order_of(key, count):
    """Numbers in the order of a run: by the k-th 8 bytes of SHAKE-256(key), then by number."""
    drawn = struct.unpack(f">{count}Q", hashlib.shake_256(key).digest(8 * count))
    return sorted(range(count), key=lambda number: (drawn[number], number))


def allot(rules, seats, parties, order):
    """Slots won by each of `parties`, which are (seats, wishes), and the seats left by slot."""
    free, won = dict(seats), [[] for _ in parties]
    days = {slot["slot"]: slot["day"] for slot in rules["slots"]}
    for turn in range(1, rules["max_wins"] + 1):
        served = 0
        for number in order if turn % 2 else reversed(order):
            size, wishes = parties[number]
            mine = won[number]
            if len(mine) != turn - 1:
                continue
            taken = [days[slot] for slot in mine] if rules["one_win_a_day"] else []
            for wish in wishes:
                if size <= free[wish] and wish not in mine and days[wish] not in taken:
                    free[wish] -= size
                    mine.append(wish)
                    served += 1
                    break
        if not served:
            break
    return won, free


def party_names(parties):
    """The group of each party: its size, or "few" where such groups are too small to be told."""
    sizes = Counter(size for size, _ in parties)
    smallest = sorted(sizes, key=lambda size: (sizes[size], size))
    few = [size for size in smallest if sizes[size] < FEWEST]
    if few and sum(sizes[size] for size in few) < FEWEST:
        few = smallest[: len(few) + 1]
    return ["few" if size in few else size for size, _ in parties]


def counted(parties, names, won):
    """Entries that won by party group, and wins by rank of the wish."""
    figures = Counter(("party", name) for name, slots in zip(names, won) if slots)
    figures.update(("wish", wishes.index(slot) + 1) for (_, wishes), slots in zip(parties, won) for slot in slots)
    return figures


def drawn_alone(rules, seats, parties, names, key):
    """By party group: persons that win when each draws alone, and parties whose persons all win one slot."""
    persons = [(1, wishes) for size, wishes in parties for _ in range(size)]
    won, _ = allot(rules, seats, persons, order_of(key, len(persons)))
    alone, together, start = Counter(), Counter(), 0
    for (size, _), name in zip(parties, names):
        mine = [set(slots) for slots in won[start : start + size]]
        alone[name] += sum(map(bool, mine))
        together[name] += bool(set.intersection(*mine))
        start += size
    return alone, together


def shown(happened, runs):
    """One row: what happened, the mean, and from where to where the middle 95 % of the runs lie."""
    ordered = sorted(runs)
    low, high = ordered[-(-len(ordered) * 25 // 1000) - 1], ordered[-(-len(ordered) * 975 // 1000) - 1]
    return f"{happened:8d}   expected {sum(runs) / len(runs):10.3f}   usual {low:6d} to {high:6d}"


def tell(path, given_runs, write):
    """Reads, draws again and again, and writes the figures."""
    rules, seats, entries, seed = read_draw(path)
    parties = [(size, wishes) for size, wishes, _ in entries]
    names = party_names(parties)
    runs = given_runs or min(MOST_RUNS, MOST_TURNS // len(parties))
    if not given_runs and runs < FEWEST_RUNS:
        raise ValueError("more than a million entries: none is simulated, unless you say --runs")
    here = counted(parties, names, [won for _, _, won in entries])
    given = Counter()
    for size, _, won in entries:
        given.update(dict.fromkeys(won, size))
    left_here = {slot: count - given[slot] for slot, count in seats.items()}
    figures, lefts, alone, together = [], [], Counter(), Counter()
    for number in range(1, runs + 1):
        key = hmac.new(seed, f"expectation/{number}".encode("ascii"), hashlib.sha256).digest()
        won, left = allot(rules, seats, parties, order_of(key, len(parties)))
        figures.append(counted(parties, names, won))
        lefts.append(left)
        if number <= runs // RUNS_ALONE:
            persons, whole = drawn_alone(rules, seats, parties, names, key)
            alone.update(persons)
            together.update(whole)
    write(f"{len(parties)} entries, {runs} simulated draws")
    of = Counter(("party", name) for name in names)
    of.update(("wish", rank) for _, wishes in parties for rank in range(1, len(wishes) + 1))
    for kind, name in sorted(of, key=lambda group: (group[0], str(group[1]).rjust(9))):
        row = shown(here[kind, name], [one[kind, name] for one in figures])
        write(f"{kind:6} {name!s:30} of {of[kind, name]:7d}: {row}")
    write(f"left   {'all':30}             {shown(sum(left_here.values()), [sum(one.values()) for one in lefts])}")
    for slot in seats:
        write(f"left   {slot:30}             {shown(left_here[slot], [one[slot] for one in lefts])}")
    for name in sorted(set(names), key=lambda name: str(name).rjust(9)) if runs >= RUNS_ALONE else ():
        said = f"won by persons drawn alone {alone[name]}, parties all together {together[name]}"
        write(f"alone  {name!s:30} {said}, in {runs // RUNS_ALONE} draws")


def main(given=None):
    """Exit code: 0 printed, 2 could not read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript", type=Path)
    parser.add_argument("--runs", type=int, default=0)
    options = parser.parse_args(given)
    try:
        tell(options.transcript, options.runs, print)
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        print(f"could not read: {error}")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Realistic applicants, from a seed: families with infants, web and postcard, a few that must not count."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from faker import Faker

from shared.contracts.programme import Programme

Case = Literal["plain", "duplicate", "non-resident", "late", "withdrawn"]

# Towns of Shinjuku City with their postcodes' first halves left out: an address is a town, a block and a number.
TOWNS = (
    "西新宿",
    "北新宿",
    "百人町",
    "大久保",
    "高田馬場",
    "戸山",
    "早稲田鶴巻町",
    "神楽坂",
    "市谷柳町",
    "四谷",
    "若葉",
    "信濃町",
    "下落合",
    "中落合",
    "上落合",
    "西落合",
    "歌舞伎町",
    "新宿",
    "富久町",
    "余丁町",
    "榎町",
    "山吹町",
)
ELSEWHERE = ("東京都中野区中野", "東京都渋谷区代々木", "東京都豊島区高田", "埼玉県川口市栄町", "神奈川県横浜市西区高島")
RARE_SURNAMES = ("髙橋", "山﨑", "渡邊", "齋藤", "𠮷田", "濵田")


@dataclass(frozen=True)
class Applicant:
    """One application as its applicant would make it. `day` counts from the opening of the window."""

    number: int
    case: Case
    channel: Literal["web", "postcard"]
    day: int
    name: str
    address: str
    age: int
    telephone: str
    email: str | None
    companions: tuple[str, ...]
    seats: int
    wishes: tuple[str, ...]
    of: int | None = None
    card: str | None = None

    def form(self, items: frozenset[str]) -> dict[str, Any]:
        """The body of the application, with the declared data items only."""
        personal = {
            "name": self.name,
            "address": self.address,
            "age": self.age,
            "telephone": self.telephone,
            "email": self.email,
            "companions": list(self.companions),
        }
        asked = {item: value for item, value in personal.items() if item in items and value is not None}
        return {**asked, "seats": self.seats, "wishes": list(self.wishes)}

    def typed(self) -> tuple[str, ...]:
        """All that was typed and must not be found anywhere in the clear."""
        texts = (self.name, self.address, self.telephone, self.email, *self.companions)
        return tuple(text for text in texts if text)

    def row(self) -> dict[str, Any]:
        """A line of applicants.jsonl."""
        return asdict(self)


@dataclass
class _Maker:
    programme: Programme
    seed: int
    chance: random.Random = field(init=False)
    faker: Faker = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 (people to try the system with, not lots to draw)
        self.faker = Faker("ja_JP")
        self.faker.seed_instance(self.seed)

    def surname(self) -> str:
        return self.chance.choice(RARE_SURNAMES) if self.chance.random() < 0.05 else str(self.faker.last_name())

    def address(self, resident: bool) -> str:
        town = f"東京都新宿区{self.chance.choice(TOWNS)}" if resident else self.chance.choice(ELSEWHERE)
        block = f"{self.chance.randint(1, 8)}丁目{self.chance.randint(1, 30)}番{self.chance.randint(1, 20)}号"
        house = f" {self.chance.choice(('ハイツ', 'コーポ', 'メゾン', ''))}{self.chance.randint(101, 909)}"
        return block and town + block + (house if self.chance.random() < 0.5 else "")

    def telephone(self) -> str:
        return f"0{self.chance.choice('789')}0-{self.chance.randint(1000, 9999)}-{self.chance.randint(1000, 9999)}"

    def wishes(self) -> tuple[str, ...]:
        """Most people want the same few days: the opening, weekends, the last day."""
        slots = [slot for slot in self.programme.slots if slot.seats]
        days = sorted({slot.day for slot in slots})
        popular = {days[0], days[-1], *[day for day in days if day.weekday() == 5][:2]}
        weights = [40 if slot.day in popular else 1 for slot in slots]
        wanted: list[str] = []
        count = min(self.chance.choice((1, 2, 2, 3, 3, 3)), self.programme.draw.max_wishes, len(slots))
        while len(wanted) < count:
            slot = self.chance.choices(slots, weights)[0].id
            if slot not in wanted:
                wanted.append(slot)
        return tuple(wanted)

    def applicant(self, number: int, case: Case, days: int) -> Applicant:
        surname = self.surname()
        infants = self.chance.random() < 0.25
        companions = tuple(
            f"{surname} {self.faker.first_name()}"
            for _ in range(min(self.chance.choice((0, 1, 1, 2, 3)), self.programme.party.max_companions))
        )
        people = 1 + len(companions)
        seats = min(max(1, people - (1 if infants and companions else 0)), self.programme.party.max_seats)
        postcard = self.chance.random() < 0.2 and any("postcard" in i.channels for i in self.programme.data_items)
        # The number makes each name, telephone and mail address one of a kind, so that equal ones are meant.
        return Applicant(
            number=number,
            case=case,
            channel="postcard" if postcard else "web",
            day=self.chance.randrange(days),
            name=f"{surname} {self.faker.first_name()}",
            address=self.address(case != "non-resident"),
            age=self.chance.randint(18, 88),
            telephone=self.telephone(),
            email=None if postcard else f"{self.faker.user_name()}.{number}@example.jp",
            companions=companions,
            seats=seats,
            wishes=self.wishes(),
            card=f"H-{number:05d}" if postcard else None,
        )


def make_applicants(programme: Programme, count: int, seed: int) -> list[Applicant]:
    """`count` applications: about 2 % duplicates by name and telephone, 1 % each non-resident, late and withdrawn."""
    maker = _Maker(programme, seed)
    days = max(1, (programme.window.closes - programme.window.opens).days)
    applicants: list[Applicant] = []
    originals = max(4, count - count // 50)
    for number in range(1, originals + 1):
        case: Case = {3: "non-resident", 7: "late", 11: "withdrawn"}.get(number % 100, "plain")  # type: ignore[assignment]
        if case == "non-resident" and programme.residency is None:
            case = "plain"
        applicants.append(maker.applicant(number, case, days))
    plain = [a for a in applicants if a.case == "plain" and a.day < days - 1]
    for number in range(originals + 1, count + 1):
        first = maker.chance.choice(plain)
        fresh = maker.applicant(number, "duplicate", days)
        applicants.append(
            Applicant(
                **{
                    **fresh.row(),
                    "name": first.name,
                    "telephone": first.telephone,
                    "day": days - 1,
                    "of": first.number,
                    "address": first.address,
                }
            )
        )
    return applicants


def postmark(programme: Programme, applicant: Applicant) -> tuple[date, date]:
    """Postmark and receipt of a postcard, keyed in on the day it came; a late one was posted after the last day."""
    opened = programme.local(programme.window.opens).date()
    if applicant.case == "late":
        posted = programme.window.postmarked_by + timedelta(days=1)
        return posted, posted + timedelta(days=1)
    received = opened + timedelta(days=applicant.day)
    return max(opened, received - timedelta(days=2)), received

"""A labelled set of applications: people, who of them applied twice, and with what slips (B03). From a seed alone.

docs/duplicates.md describes it. Nothing here knows how the product compares.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from faker import Faker

from services.intake.domain.application import Party

TOWNS = (
    "西新宿", "北新宿", "百人町", "大久保", "高田馬場", "戸山", "早稲田鶴巻町", "神楽坂", "市谷柳町", "四谷",
    "若葉", "下落合", "中落合", "上落合", "西落合", "歌舞伎町", "新宿", "富久町", "余丁町", "榎町", "山吹町",
    "霞ヶ丘町", "市谷田町", "四谷三栄町",
)
HOUSES = ("ハイツ", "コーポ", "メゾン", "パークサイド", "第二コーポ")
# Characters of names that people write in more than one way: the form of the register, and the other one.
VARIANTS = (
    "髙高", "﨑崎", "邊辺", "邉辺", "齋斎", "斎斉", "𠮷吉", "濵浜", "澤沢", "廣広", "嶋島", "冨富", "櫻桜",
    "眞真", "龍竜", "惠恵",
)
# What a quick hand or a reader of postcards takes for another character.
LOOK_ALIKES = (
    "太大犬", "田由", "未末", "土士", "千干", "人入", "崎埼", "一ー", "子予", "美実", "木本", "井丼", "原源",
    "佐左", "藤籐", "間問", "山出", "水永", "中仲", "加如", "智知", "裕祐", "浩治",
)
FOREIGN = (
    "NGUYEN TRAN PHAM KIM PARK LEE WANG ZHANG CHEN LIU SMITH JONES BROWN GARCIA SILVA SINGH THAPA SANTOS REYES TANAKA",
    "Lan Minh Huong Minsu Jiwon Soyeon Xiaoming Lei Fang Jing John Emily James Ana Carlos Arjun Sita Jose Maria Grace",
)
COMMON_NAMES = (("金", "金田"), ("李", "木村"), ("朴", "新井"), ("林", "林田"), ("張", "長谷川"))
# Given names by their two characters, some hundreds of them.
GIVEN = (
    ("明健和正直哲浩一英秀雅智孝俊義文康隆博誠", "一二三郎之夫雄人彦也樹志司治"),
    ("美由恵裕幸和智真陽愛彩優千奈沙麻友理早佳", "子美香奈穂江代恵希里衣菜紀乃"),
)
KANJI_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True)
class House:
    """Where somebody lives, before it is written."""

    town: str
    numbers: tuple[int, int, int]
    building: str
    room: int


@dataclass(frozen=True)
class Person:
    """Somebody, as the register would have them. `kana` is how the name is read."""

    number: int
    name: str
    kana: str
    age: int
    house: House
    telephone: str
    other_telephone: str
    email: str


@dataclass(frozen=True)
class Labelled:
    """An application and whose it is."""

    person: int
    party: Party


def labelled(people: int, seed: int) -> list[Labelled]:
    """Applications of `people` people and their hard neighbours, in no order. Applications of one `person` are true
    duplicates."""
    maker = _Maker(seed)
    applications: list[Labelled] = []
    for person in maker.people(people):
        web = maker.chance.random() < 0.75
        applications.append(Labelled(person.number, maker.clean(person, web)))
        while maker.chance.random() < 0.25:
            applications.append(Labelled(person.number, maker.again(person)))
    maker.chance.shuffle(applications)
    return applications


class _Maker:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.faker = Faker("ja_JP")
        self.faker.seed_instance(seed)
        self._numbers = iter(range(1, 10**9))

    # -- people --------------------------------------------------------------------------------------------------

    def people(self, count: int) -> Iterator[Person]:
        """Households: one person, or a family, twins, father and son of one name, a namesake elsewhere, a home."""
        made = 0
        while made < count:
            first = self._person()
            kinds: tuple[Callable[[Person], list[Person]], ...] = (
                self._alone, self._family, self._twins, self._generations, self._namesake, self._home)
            household = self.chance.choices(kinds, (60, 25, 4, 2, 7, 2))[0](first)
            made += len(household)
            yield from household

    def _person(self) -> Person:
        number, chance = next(self._numbers), self.chance
        family, given = self.faker.last_name(), self._given()
        if chance.random() < 0.2:
            family = "".join(self._old_form(character) for character in family)
        name, kana = f"{family} {given}", f"{self.faker.last_kana_name()} {self.faker.first_kana_name()}"
        if chance.random() < 0.03:
            name = kana = " ".join(chance.choice(part.split(" ")) for part in FOREIGN)
        elif chance.random() < 0.02:
            name = f"{chance.choice(COMMON_NAMES)[0]} {given}"
        return Person(number, name, kana, chance.randint(18, 88), self._house(), self._mobile(),
                      self._landline(), f"{self.faker.user_name()}{number}@mail.example")

    def _given(self) -> str:
        heads, tails = self.chance.choice(GIVEN)
        return self.chance.choice(heads) + self.chance.choice(tails)

    def _alone(self, first: Person) -> list[Person]:
        return [first]

    def _family(self, first: Person) -> list[Person]:
        """One to three relatives at the same address, often on the same telephone and mail address."""
        relatives = [self._relative(first, max(18, first.age + self.chance.choice((-30, -25, -3, 2, 4, 27))))
                     for _ in range(self.chance.choice((1, 1, 2, 3)))]
        return [first, *relatives]

    def _twins(self, first: Person) -> list[Person]:
        return [first, self._relative(first, first.age)]

    def _generations(self, first: Person) -> list[Person]:
        father = replace(first, age=self.chance.randint(46, 88))
        return [father, replace(self._relative(father, father.age - 28), name=first.name, kana=first.kana)]

    def _namesake(self, first: Person) -> list[Person]:
        other = replace(self._person(), name=first.name, kana=first.kana)
        return [first, replace(other, age=first.age) if self.chance.random() < 0.3 else other]

    def _home(self, first: Person) -> list[Person]:
        """A home for old people: one address, one telephone, many names."""
        return [first, *(replace(self._person(), house=first.house, telephone=first.telephone,
                                 age=self.chance.randint(75, 95)) for _ in range(12))]

    def _relative(self, first: Person, age: int) -> Person:
        one, family = self._person(), first.name.split(" ")[0]
        shared = {}
        if self.chance.random() < 0.4:
            shared["telephone"] = first.telephone
        if self.chance.random() < 0.2:
            shared["email"] = first.email
        given = next(name for name in iter(self._given, None) if name != first.name.split(" ")[-1])
        return replace(one, name=f"{family} {given}", age=age, house=first.house,
                       other_telephone=first.other_telephone, **shared)

    def _old_form(self, character: str) -> str:
        return next((old for old, modern in VARIANTS if modern == character), character)

    def _house(self) -> House:
        chance = self.chance
        flat = chance.random() < 0.6
        return House(chance.choice(TOWNS), (chance.randint(1, 8), chance.randint(1, 40), chance.randint(1, 25)),
                     chance.choice(HOUSES) if flat else "", chance.randint(101, 1509) if flat else 0)

    def _mobile(self) -> str:
        return f"0{self.chance.choice('789')}0{self.chance.randint(10_000_000, 99_999_999)}"

    def _landline(self) -> str:
        return f"033{self.chance.randint(2_000_000, 9_999_999)}"

    # -- how they write ------------------------------------------------------------------------------------------

    def clean(self, person: Person, web: bool) -> Party:
        """As the form wants it."""
        return Party(person.name, self._address(person.house), person.age, self._dashed(person.telephone),
                     person.email if web else None)

    def again(self, person: Person) -> Party:
        """A further application of the same person, on another day, with what slips in."""
        chance, web = self.chance, self.chance.random() < 0.5
        house = self._slipped_house(person.house)
        age = person.age + (1 if chance.random() < 0.06 else 0)
        if chance.random() < 0.02:
            age = int(str(age)[::-1])
        email = person.email if chance.random() < 0.6 else f"{self.faker.user_name()}{person.number}@other.example"
        return Party(self._slipped_name(person), self._written(house), max(18, min(age, 110)),
                     self._slipped_number(person), email if web else None)

    def _slipped_name(self, person: Person) -> str:
        name, chance = person.name, self.chance
        if name.isascii():
            return " ".join(reversed(name.split(" ", 1))) if chance.random() < 0.3 else name.upper()
        for old, modern in VARIANTS:
            if old in name and chance.random() < 0.5:
                name = name.replace(old, modern)
        kind = chance.random()
        if kind < 0.03:
            return person.kana
        if kind < 0.06:
            return self._other_family_name(name)
        if kind < 0.11:
            name = self._misread(name)
        return name.replace(" ", chance.choice((" ", "　", "")))

    def _other_family_name(self, name: str) -> str:
        family, given = name.split(" ")
        known = dict(COMMON_NAMES)
        return f"{known.get(family) or self.faker.last_name()} {given}"

    def _misread(self, name: str) -> str:
        at = [(place, group) for place, character in enumerate(name) for group in LOOK_ALIKES if character in group]
        if not at:
            return name
        place, group = self.chance.choice(at)
        return name[:place] + self.chance.choice([one for one in group if one != name[place]]) + name[place + 1:]

    def _slipped_number(self, person: Person) -> str:
        chance, number = self.chance, person.telephone
        kind = chance.random()
        if kind < 0.12:
            number = person.other_telephone
        elif kind < 0.15:
            place = chance.randrange(4, len(number))
            number = number[:place] + str((int(number[place]) + chance.randint(1, 9)) % 10) + number[place + 1:]
        elif kind < 0.17:
            place = chance.randrange(4, len(number) - 1)
            number = number[:place] + number[place + 1] + number[place] + number[place + 2:]
        return chance.choice((self._dashed, str, _wide))(number)

    def _dashed(self, number: str) -> str:
        middle = 3 if len(number) == 11 else 2
        return f"{number[:middle]}-{number[middle:-4]}-{number[-4:]}"

    def _slipped_house(self, house: House) -> House:
        chance, numbers = self.chance, list(house.numbers)
        kind = chance.random()
        if kind < 0.03:
            place = chance.randrange(3)
            numbers[place] = max(1, numbers[place] + chance.choice((-10, -1, 1, 10)))
        elif kind < 0.04:
            return self._house()
        return replace(house, numbers=(numbers[0], numbers[1], numbers[2]))

    def _address(self, house: House) -> str:
        block, lot, number = house.numbers
        building = f" {house.building}{house.room}号室" if house.building else ""
        return f"東京都新宿区{house.town}{block}丁目{lot}番{number}号{building}"

    def _written(self, house: House) -> str:
        """One of the forms in which people write an address."""
        chance, (block, lot, number) = self.chance, house.numbers
        town = house.town.replace("ヶ", chance.choice(("ヶ", "ケ", "が", "")))
        town = town.replace("市谷", chance.choice(("市谷", "市ヶ谷")))
        lots = chance.choice((
            f"{block}丁目{lot}番{number}号", f"{block}-{lot}-{number}", f"{_kanji(block)}丁目{lot}-{number}",
            _wide(f"{block}ー{lot}ー{number}"), f"{block}の{lot}の{number}",
            f"{_kanji(block)}丁目{_kanji(lot)}番{_kanji(number)}号", f"{block}丁目{lot}番地{number}",
        ))
        rooms = chance.choice((
            "", f" {house.building}{house.room}", f"-{house.room}", f"　{house.building}{house.room}号室"))
        before = chance.choice(("東京都新宿区", "新宿区", "東京都 新宿区 ", "〒160-0000 東京都新宿区"))
        return f"{before}{town}{lots}{rooms if house.building else ''}"


def _wide(text: str) -> str:
    return text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})


def _kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{KANJI_DIGITS[tens]}十"
    return head + (KANJI_DIGITS[ones] if ones else "")

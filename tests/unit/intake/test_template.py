"""S02: the sheets to fill in are read as they are written, and Excel leaves alone what is typed into them."""

from __future__ import annotations

import asyncio

from services.intake.domain.sheet import columns_of, rows_of
from services.intake.sheets.reading import Readers
from services.intake.sheets.template import csv_of, workbook_of
from shared.contracts.programme import Programme
from tests.sheets import TITLES, a_card, part
from tests.unit.intake.test_sheet import NAMED

FILLED = [list(TITLES), list(a_card(1).values())]


def test_s02_both_templates_come_back_as_they_were_filled_in(programme: Programme) -> None:
    found = []
    for data in (csv_of(FILLED), workbook_of([("はがき", FILLED), ("日時 & <一覧>", [["日時"]])])):
        sheet = asyncio.run(Readers().read(data, NAMED))
        (row,) = rows_of(sheet, columns_of(sheet.rows[0], NAMED), programme)
        assert not row.faults
        found.append((sheet.found, sheet.other_sheets, row.values))
    assert found[0][:2] == ("utf-8-sig", 0) and found[1][:2] == ("xlsx", 1)
    assert found[0][2] == found[1][2]


def test_s02_every_column_of_the_workbook_is_text() -> None:
    book = workbook_of([("はがき", [list(TITLES)])])
    column = f'<col min="1" max="{len(TITLES)}" width="24" style="1" customWidth="1"/>'
    assert column in part(book, "xl/worksheets/sheet1.xml").decode()
    assert '<xf/><xf numFmtId="49" applyNumberFormat="1"/>' in part(book, "xl/styles.xml").decode()

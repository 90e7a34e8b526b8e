"""Every key's line is found, wherever TOML lets it stand."""

from services.retention.domain.toml_lines import line_of, lines_of

TEXT = '''
top.dotted = 1        # line 2
"quoted key" = """
[not.a.table]
"""
[table]               # 6
inline = { one = 1,   "two" = [ { x = 1 },
  { x = 2 } ] }       # 8
[[many]]
a = 1
[many.sub]
b = 1                 # 12
[[many]]
a = 2                 # 14
[many.sub]
b = 2
'''


def test_keys_of_every_kind_have_their_line() -> None:
    lines = lines_of(TEXT)
    assert lines["top", "dotted"] == 2
    assert lines[("quoted key",)] == 3
    assert lines[("table",)] == 6
    assert lines["table", "inline", "one"] == 7
    assert lines["table", "inline", "two", 1, "x"] == 8
    assert lines["many", 0] == 9
    assert lines["many", 0, "sub", "b"] == 12
    assert lines["many", 1, "a"] == 14
    assert lines["many", 1, "sub", "b"] == 16
    assert ("not",) not in lines


def test_what_is_missing_is_looked_for_at_the_part_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_of(("many", 1, "absent"), lines) == 13
    assert line_of(("absent",), lines) == 1

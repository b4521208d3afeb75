"""The text of a data set: separators, comments, rows left out, clock times and dates."""

from __future__ import annotations

import pytest

from equipoise.datafile import DatasetError, label_of, read_table, relative_times
from equipoise.readout import Condition, Layout

COLUMNS = ("ID", "TIME", "DV", "BLQ", "SEX")
ROWS = "ID,TIME,DV,BLQ,SEX\n1,0,5,0,M\n1,1,6,1,F\n2,2,7,0.0,F\n"


def layout(*, drop: tuple[Condition, ...] = (), accept: tuple[Condition, ...] = ()) -> Layout:
    return Layout(COLUMNS, ignore="@", drop=drop, accept=accept)


def levels(text: str, how: Layout | None = None) -> list[str]:
    return list(read_table(text, how).columns["DV"])


@pytest.mark.parametrize(
    "text",
    [
        "ID,TIME,DV\n1,0,5\n1,1,6\n",
        "ID, TIME , DV\n 1, 0, 5\n1,1,6\n",
        "ID TIME DV\n1 0 5\n1   1 6\n",
        "ID\tTIME\tDV\n1\t0\t5\n1\t1\t6\n",
        "ID\tAMT\tTIME\tDV\n1\t\t0\t5\n1\t.\t1\t6\n",
        '"ID"\tTIME\tDV\t\n1\t0\t5\n1\t1\t6\t\t\n',
        '"ID","TIME","DV"\n1,0,5\n1,1,6\n',
        "#ID,TIME,DV\n1,0,5\n# a comment\n#9,9,9\n\n1,1,6\n",
    ],
)
def test_separators_and_comments(text: str) -> None:
    assert levels(text) == ["5", "6"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ID;TIME;DV\n1;0;5,5\n", "semicolons"),
        ("ID,TIME,DV,dv\n1,0,5,5\n", "column DV stands twice"),
        ("ID,TIME,DV\n1,0\n", "row 2 has 2 cells, the header 3"),
        ("\n\n", "no rows"),
        ("ID\tTIME\tDV\n1\t\t0\t5\n", "row 2 has 4 cells, the header 3: check tabs"),
        ('ID,TIME,DV\n1,0,"5\n1,1,6\n', "quotation mark"),
    ],
)
def test_what_is_no_table_is_refused(text: str, says: str) -> None:
    with pytest.raises(DatasetError, match=says):
        read_table(text, None)


@pytest.mark.parametrize(
    ("drop", "accept", "kept"),
    [
        ((3, "==", "1"), None, ["5", "7"]),
        ((4, "==", "F"), None, ["5"]),
        ((4, "/=", "F"), None, ["6", "7"]),
        # As text 0.0 is not 0; as numbers it is.
        ((3, "==", "0"), None, ["6", "7"]),
        ((3, ".EQN.", "0"), None, ["6"]),
        ((3, ".NEN.", "0"), None, ["5", "7"]),
        ((1, ">", "1"), None, ["5", "6"]),
        ((1, ">=", "1"), None, ["5"]),
        ((1, "<", "1"), None, ["6", "7"]),
        ((1, "<=", "1"), None, ["7"]),
        (None, (4, "==", "F"), ["6", "7"]),
        ((3, "==", "1"), (4, "==", "F"), ["7"]),
    ],
)
def test_lists_of_conditions(
    drop: Condition | None, accept: Condition | None, kept: list[str]
) -> None:
    how = layout(drop=(drop,) if drop else (), accept=(accept,) if accept else ())
    assert levels(ROWS, how) == kept
    (note,) = read_table(ROWS, how).notes
    assert note.startswith(f"{3 - len(kept)} row(s) are left out")


def test_conditions_are_joined_by_or() -> None:
    assert levels(ROWS, layout(drop=((3, "==", "1"), (1, ">", "1")))) == ["5"]
    assert levels(ROWS, layout(accept=((3, "==", "1"), (1, ">", "1")))) == ["6", "7"]


MOVED = Layout(("ID", "TIME", "", "DV", "WT"), aliases={"SUBJ": "ID"}, ignore="@")


@pytest.mark.parametrize(
    "header", ["SUBJ,TIME,X,DV,WT", "SUBJ,TIME,X,CONC,WT", "C,HOUR,X,CONC,WT,AGE", ""]
)
def test_a_header_of_other_names_is_read_by_place(header: str) -> None:
    rest = ",9" * header.count("AGE")
    table = read_table(f"{header}\n1,0,x,5,70{rest}\n1,1,x,6,71{rest}\n", MOVED)
    assert (table.columns["DV"], table.columns["WT"]) == (("5", "6"), ("70", "71"))
    if "CONC" in header:
        assert "whatever the header calls them" in table.notes[0]
        assert "ID, TIME, (one that is dropped), DV, WT" in table.notes[0]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("ID,TIME,X,CMT,DV,WT", "has DV as column 5, .INPUT as column 4"),
        ("ID,TIME,DV,X,WT", "has DV as column 3, .INPUT as column 4"),
        ("TIME,SUBJ,X,DV,WT", "has ID as column 2, .INPUT as column 1"),
    ],
)
def test_a_header_that_moves_a_name_is_refused(header: str, says: str) -> None:
    cells = ",".join("1" for _ in header.split(","))
    with pytest.raises(DatasetError, match=f"{says}.*take the header line out"):
        read_table(f"{header}\n{cells}\n", MOVED)
    # Without it the place decides.
    assert read_table(f"{cells}\n", MOVED).columns["DV"] == ("1",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 0 . 5 70 9\n1 1 . 6 70 9 9\n", "row 2 has 7 cells, the first line 6"),
        ("1 0 . 5 70 9\n1 1 . 6 70\n", "row 2 has 5 cells, the first line 6"),
        ("1 0 . 5 70\n1 1 6 70\n", "row 2 has 4 cells, and the file has no header"),
        ("C,H,X,CONC,W\n1,0,.,5,70\n1,1,0,.,6,70\n", "row 3 has 6 cells, the first line 5"),
    ],
)
def test_by_place_every_row_has_every_cell(text: str, says: str) -> None:
    with pytest.raises(DatasetError, match=says):
        read_table(text, MOVED)


def test_subjects_with_names_are_counted_where_they_are_left_out() -> None:
    """IGNORE=@ leaves out what begins with a letter; with it go subjects A1 and P1."""
    header = "ID,TIME,X,DV,WT\n"
    rows = "A1,0,x,5,70\n2,0,x,6,70\n# A9,0\nP1,0,x,7,70\n"
    for text in (header + rows, rows):
        table = read_table(text, MOVED)
        assert table.columns["ID"] == ("2",)
        assert table.notes[-1] == (
            "2 row(s) are left out: they begin with a letter or @, IGNORE=@ of the stream"
        )
    with pytest.raises(DatasetError, match=r"no row is left to read: 1 row.s. .* IGNORE=@"):
        read_table(header + "A1,0,x,5,70\n", MOVED)
    by_mark = Layout(("ID", "TIME", "DV"), ignore="C")
    assert read_table("ID,TIME,DV\n1,0,5\nC1,0,5\n", by_mark).notes == (
        "1 row(s) are left out: they begin with C, IGNORE=C of the stream",
    )


def test_a_number_is_asked_for_where_numbers_are_compared() -> None:
    with pytest.raises(DatasetError, match=r"row 2: .DATA compares column 5 with a number"):
        levels(ROWS, layout(drop=((4, ">", "1"),)))


def hours(rows: str, header: str = "ID,TIME,DV") -> list[float]:
    table = relative_times(read_table(f"{header}\n{rows}", None))
    return [float(cell) for cell in table.columns["TIME"]]


def test_clock_times_are_hours_from_each_first_row() -> None:
    # The example of NONMEM's help, TIME: 8:00, 14:45, 14.75 are 0, 6.75, 6.75.
    assert hours("1,8:00,.\n1,14:45,.\n1,14.75,.\n2,9:30,.\n2,10:30:36,.\n") == pytest.approx(
        [0.0, 6.75, 6.75, 0.0, 1.01]
    )
    assert hours("1,8,.\n1,14.75,.\n") == [8.0, 14.75]
    # One subject, written in two ways.
    assert hours("1,8:00,.\n1.0,9:30,.\n") == [0.0, 1.5]


@pytest.mark.parametrize(
    ("column", "days"),
    [
        ("DATE", ("10-1-1986", "10/2/1986")),
        ("DAT1", ("1-10-1986", "2.10.1986")),
        ("DAT2", ("1986-10-01", "1986-10-02")),
        ("DAT3", ("1986-1-10", "1986-2-10")),
        ("DATE", ("12", "13")),
        ("DAT2", ("2024-02-29", "2024-03-01")),
    ],
)
def test_dates(column: str, days: tuple[str, str]) -> None:
    # The example of NONMEM's help, DATE: 9:15, 14:40 and 8:30 of the next day.
    rows = f"1,{days[0]},9:15,.\n1,{days[0]},14:40,.\n1,{days[1]},8:30,.\n"
    found = hours(rows, f"ID,{column},TIME,DV")
    assert found == pytest.approx([0.0, 5.0 + 25.0 / 60.0, 23.25])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,1-1-2024,8:70,.\n", "row 2: column TIME is no clock time"),
        ("1,1-1-2024,half past,.\n", "row 2: column TIME is no clock time"),
        ("1,1-1-24,8:00,.\n", "row 2: column DATE has no year of four digits"),
        ("1,13-1-2024,8:00,.\n", "row 2: column DATE is no date in the order m/d/y"),
        ("1,1-2024,8:00,.\n", "row 2: column DATE is no date"),
        ("1,,8:00,.\n", "row 2: column DATE is no date"),
    ],
)
def test_times_and_dates_that_cannot_be_read(rows: str, says: str) -> None:
    with pytest.raises(DatasetError, match=says) as caught:
        hours(rows, "ID,DATE,TIME,DV")
    # Dates and times of patients are not repeated.
    assert "2024" not in str(caught.value)
    assert "half" not in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "label"),
    [
        (("7", "7.", "7.0", "07", "+7", "7.0000E+00"), "7"),
        (("100", "100.0", "1.0000E+02"), "100"),
        (("-1", "-1.0"), "-1"),
        (("9007199254740991",), "9007199254740991"),
    ],
)
def test_the_same_id_written_in_several_ways(cells: tuple[str, ...], label: str) -> None:
    assert {label_of(cell) for cell in cells} == {label}


@pytest.mark.parametrize(
    "cell",
    [
        "1_01", "10_1", "1E2", "1e2", "1.10", "1.1", "9007199254740992", "9007199254740993", "inf",
        "nan", "0x10", "A1", "1.5000E+00",
    ],
)  # fmt: skip
def test_an_id_that_is_a_name_stays_as_it_is(cell: str) -> None:
    assert label_of(cell) == cell


def test_an_underscore_makes_no_number() -> None:
    table = read_table("ID,TIME,AMT,DV\n1,0,1_000,.\n", None)
    with pytest.raises(DatasetError, match="row 2: column AMT is not a number"):
        table.numbers("AMT", 0.0)[0]

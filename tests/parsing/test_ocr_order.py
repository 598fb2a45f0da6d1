from glossator.parsing.ocr_order import Place, reading_order


def column(left, right, tops, height=10.0):
    return [Place(left, right, top, height) for top in tops]


def test_columns_are_read_one_after_the_other_between_the_lines_that_run_across():
    title, across = Place(50, 550, 20, 16), Place(50, 550, 130, 10)
    left, right = column(50, 290, range(60, 120, 12)), column(310, 550, range(60, 120, 12))
    lower_left, lower_right = column(50, 290, range(150, 210, 12)), column(310, 550, range(150, 210, 12))
    places = [*right, title, *lower_right, *left, across, *lower_left]
    ordered = [places[i] for i in reading_order(places)]
    assert ordered == [title, *left, *right, across, *lower_left, *lower_right]


def test_three_columns_are_read_from_left_to_right():
    columns = [column(left, left + 150, range(60, 120, 12)) for left in (50, 220, 390)]
    rows = [place for row in zip(*columns, strict=True) for place in row]
    assert [rows[i] for i in reading_order(rows)] == [place for places in columns for place in places]


def test_the_cells_of_a_table_are_read_row_by_row():
    names, figures = column(50, 110, range(60, 120, 12)), column(300, 330, range(60, 120, 12))
    rows = [place for row in zip(names, figures, strict=True) for place in row]
    assert reading_order(rows) == list(range(len(rows)))


def test_so_are_wide_cells_of_several_lines():
    names, notes = column(50, 250, range(60, 200, 36)), column(300, 420, range(60, 200, 12))
    places = [*names, *notes]
    ordered = [places[i] for i in reading_order(places)]
    assert ordered[:5] == [names[0], notes[0], notes[1], notes[2], names[1]]


def test_pieces_of_one_line_are_read_from_left_to_right_though_one_stands_a_little_higher():
    places = [Place(300, 400, 99, 10), Place(50, 290, 101, 10), Place(50, 400, 80, 10)]
    assert reading_order(places) == [2, 1, 0]


def test_a_page_without_lines_has_no_order():
    assert reading_order([]) == []

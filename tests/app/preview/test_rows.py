from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.preview.rows import ROOT, Row, act, read
from app.preview.subjects import Subject
from app.preview.tree import from_tree, leaves, to_tree

SUBJECTS = {
    s.key: s
    for s in (
        Subject(key="tag:age", label="年龄", kind="number"),
        Subject(key="tag:arpu_fen", label="月均消费", kind="number", unit="元", scale=100),
        Subject(key="tag:pref", label="地市", kind="choice", values=(("01", "澜州"), ("05", "沙浦"))),
        Subject(key="tag:v_fetion", label="飞信", kind="yesno"),
        Subject(key="score:migrant", label="外来工得分", kind="score"),
        Subject(key="group", label="人群", kind="group"),
    )
}
H09 = {
    "version": 1,
    "all": [
        {"tag": "pref", "in": ["05"]},
        {
            "any": [
                {"tag": "arpu_fen", "op": ">=", "value": 5800},
                {"score": "migrant", "op": ">=", "value": 0.5},
            ]
        },
        {"tag": "v_fetion", "op": "=", "value": False},
        {"none": [{"group": ["高潜力型", "中潜力型"]}]},
        {"tag": "age", "between": [18, 23]},
        {"tag": "age", "is": "given"},
        {"score": "migrant", "top_percent": 20},
    ],
}


def form_of(row: Row) -> MultiDict:
    """What a browser sends for these rows."""
    fields: list[tuple[str, str]] = []
    for each in row.walk():
        fields.append((f"k.{each.path}", each.kind))
        if not each.is_group:
            fields += [
                (f"s.{each.path}", each.subject),
                (f"o.{each.path}", each.op),
                (f"w.{each.path}", each.upper),
            ]
            fields += [(f"v.{each.path}", value) for value in each.values]
    return MultiDict(fields)


def test_a_stored_tree_comes_back_from_its_rows_unchanged():
    assert to_tree(from_tree(H09, SUBJECTS), SUBJECTS) == H09


def test_money_is_typed_in_yuan_and_stored_in_fen():
    row = from_tree({"version": 1, "all": [{"tag": "arpu_fen", "op": ">=", "value": 5850}]}, SUBJECTS)
    assert row.children[0].values == ("58.5",)
    assert to_tree(row, SUBJECTS)["all"][0]["value"] == 5850


def test_a_browser_sends_the_rows_it_was_given():
    row = from_tree(H09, SUBJECTS)
    assert read(form_of(row)) == row


nodes = st.recursive(
    st.sampled_from(H09["all"]),
    lambda inner: st.builds(
        lambda kind, below: {kind: below},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@given(st.lists(nodes, max_size=4))
def test_every_tree_survives_rows_form_and_back(members):
    tree = {"version": 1, "all": members}
    back = to_tree(read(form_of(from_tree(tree, SUBJECTS))), SUBJECTS)
    assert back == tree or back["all"] == members


def test_adding_puts_an_empty_condition_last_and_gives_it_the_focus():
    row, focus = act(from_tree(H09, SUBJECTS), "add", ROOT)
    assert focus == "7"
    assert row.children[7].kind == "condition" and row.children[7].subject == ""
    row, focus = act(row, "add", "1")
    assert focus == "1.2"


def test_adding_a_group_brings_one_condition_to_fill_in():
    row, focus = act(from_tree(None, SUBJECTS), "group", ROOT)
    assert (row.children[0].kind, focus) == ("any", "0.0")


def test_removing_renumbers_what_follows():
    row, focus = act(from_tree(H09, SUBJECTS), "remove", "0")
    assert [child.path for child in row.children] == ["0", "1", "2", "3", "4", "5"]
    assert row.children[0].kind == "any" and row.children[0].children[0].path == "0.0"
    assert focus == ROOT


def test_dissolving_a_group_keeps_its_rows():
    row, _ = act(from_tree(H09, SUBJECTS), "ungroup", "1")
    assert [child.subject for child in row.children[:4]] == [
        "tag:pref",
        "tag:arpu_fen",
        "score:migrant",
        "tag:v_fetion",
    ]


def test_the_root_cannot_be_removed_and_an_unknown_verb_changes_nothing():
    row = from_tree(H09, SUBJECTS)
    assert act(row, "remove", ROOT)[0] == row
    assert act(row, "explode", "0")[0] == row


def test_rows_not_filled_in_yet_are_no_conditions():
    form = MultiDict(
        [("k.r", "all"), ("k.0", "condition"), ("k.1", "condition"), ("s.1", "tag:age"), ("o.1", ">=")]
    )
    assert to_tree(read(form), SUBJECTS) == {"version": 1, "all": []}


def test_what_is_no_number_is_kept_for_the_tool_to_refuse():
    form = MultiDict(
        [("k.r", "all"), ("k.0", "condition"), ("s.0", "tag:age"), ("o.0", ">="), ("v.0", "many")]
    )
    assert to_tree(read(form), SUBJECTS)["all"] == [{"tag": "age", "op": ">=", "value": "many"}]


def test_a_root_of_any_is_one_group_of_the_tree():
    form = MultiDict([("k.r", "any"), ("k.0", "condition"), ("s.0", "tag:v_fetion"), ("o.0", "no")])
    tree = to_tree(read(form), SUBJECTS)
    assert tree["all"] == [{"any": [{"tag": "v_fetion", "op": "=", "value": False}]}]
    assert from_tree(tree, SUBJECTS).kind == "any"


def test_every_condition_can_be_counted_alone():
    found = leaves(from_tree(H09, SUBJECTS), SUBJECTS)
    assert [path for path, _ in found] == ["0", "1.0", "1.1", "2", "3.0", "4", "5", "6"]

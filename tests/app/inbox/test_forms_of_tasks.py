"""The forms of the loop's human tasks: readable, and complete in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.forms import Part, load

FORMS = sorted(Path("bpmn/forms").glob("*.json"))


def parts(of: tuple[Part, ...]) -> Iterator[Part]:
    for part in of:
        yield part
        yield from parts(part.parts)


def test_every_human_task_of_the_loop_has_its_form() -> None:
    named = {"choose_opportunity", "draft_campaign", "review", "confirm_channel", "summarise"}
    assert named <= {file.stem for file in FORMS}


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_a_form_carries_its_file_s_name_and_an_english_twin_of_every_word(file: Path) -> None:
    form = load(file.read_bytes())
    assert form.key == file.stem
    assert form.label and form.label_en
    for part in parts(form.parts):
        assert part.label and part.label_en, part.key
        assert bool(part.description) == bool(part.description_en), part.key
        for option in part.options:
            assert option.label and option.label_en, option.value

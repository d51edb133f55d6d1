"""The one renderer and validator of human-task forms, from the form-js schemas in `bpmn/forms`.

    form = load(source)                     # refuses what it does not know, and says where
    render(form, values, errors, data)      # fields as HTML, errors beside them
    answer = read(form, request.form, data) # coerced values or problems, unknown fields refused

`data` holds what `valuesKey` names: a list of texts or of {"value", "label", "label_en"}.
"""

from app.forms.answer import Answer, read
from app.forms.problems import FormBroken
from app.forms.schema import RESERVED, Form, Part, load
from app.forms.view import render

__all__ = ["RESERVED", "Answer", "Form", "FormBroken", "Part", "load", "read", "render"]

"""What the stages share and no tool is: the campaign spoken of, answers, bindings, measures."""

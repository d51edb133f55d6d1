"""The bounds that keep a decision, whoever wrote it, from holding up the process."""

#: bytes of one file
FILE_BYTES = 4_000_000
#: decisions, inputs and business knowledge models of one file, together
ELEMENTS = 500
#: rules of one table
RULES = 1_000
#: columns of one table
COLUMNS = 100
#: characters of one cell or expression
TEXT = 4_000
#: operators of one cell or expression
OPERATORS = 150
#: brackets inside brackets of one cell or expression
NESTING = 32
#: steps of one decision: calls, list items, rules tried one by one
STEPS = 50_000
#: calls inside calls
CALLS_DEEP = 30
#: characters of a text made by an expression
MADE_TEXT = 20_000
#: partial matches the checks and the bulk compiler keep apart
STATES = 200_000

"""The Chinese of everything a person reads; msgids are the English sentences in code and templates.

python -m app.translations.update      collect the strings, keep what is translated, list what is missing
"""

"""`python -m app.translations.compile`: write the .mo files that pages read; part of the set-up."""

from app.locale import compile_catalogues

if __name__ == "__main__":
    compile_catalogues()

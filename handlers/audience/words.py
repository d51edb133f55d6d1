"""A word in the two languages of the product, for what has a name of its own: tags, values, places."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The same thing said in Chinese and in English."""

    zh: str
    en: str

    def of(self, locale: str) -> str:
        """The word in a locale such as "zh_Hans_CN" or "en"; everything but Chinese reads English."""
        return self.zh if locale.startswith("zh") else self.en


#: names of offices by code: prefectures "05", counties "0502"
Places = Mapping[str, Words]

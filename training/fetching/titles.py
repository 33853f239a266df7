"""Compares the titles of games in different spellings."""

import re
import unicodedata

_APOSTROPHES = re.compile(r"['`´‘’ʼ]")  # noqa: RUF001  pages use all of them


def same_title(one: str, other: str) -> bool:
    """Return whether two titles mean the same game.

    Case, accents, punctuation and every "the" do not matter, so that "Legend of Zelda, The:
    Majoras Mask" is "The Legend of Zelda: Majora's Mask".
    """
    return title_words(one) == title_words(other)


def title_words(title: str) -> list[str]:
    """Return a title's words, in small letters, without accents, punctuation and every "the"."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", title)).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c)).replace("&", " and ")
    return [word for word in re.findall(r"\w+", letters.replace("_", " ")) if word != "the"]

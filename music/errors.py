"""The errors of music.

MusicError
├── UnreadablePieceError   a file cannot be read as music
├── CodecError             a codec does not exist
├── TokenError             a token is not in the vocabulary
├── EngravingError         a score cannot be engraved
├── SoundfontError         a soundfont cannot be used
├── FormError              a text is not a form, or bars do not fit it
│   ├── KeepError              a text does not name bars, or the song does not have them
│   └── ThemeError             a theme cannot be varied
├── CharacterError         a song cannot have the wanted character
├── DescriptionError       the description of a bundle cannot be read
└── ComposingError         a song cannot be composed
    ├── NoOpeningsError         there is no piece to continue
    ├── UnencodablePrimerError  the model cannot read the primer
    ├── NotMusicError           the model's tokens are not music
    └── UnfinishedSongError     the model's tokens give too few notes
"""


class MusicError(Exception):
    """The base of all errors about pieces, tokens, bundles and songs."""


class UnreadablePieceError(MusicError):
    """A file cannot be read as music, or has too little of it; the message says why."""


class CodecError(MusicError):
    """No codec has that name; the message lists the names."""


class TokenError(MusicError):
    """A token or its name is not in the vocabulary."""


class EngravingError(MusicError):
    """A score cannot be engraved."""


class SoundfontError(MusicError):
    """A soundfont is missing or broken."""


class FormError(MusicError):
    """A text is not a form, or bars do not fit it; the message says what would be valid."""


class KeepError(FormError):
    """The bars to keep are invalid; the message says what would be valid."""


class ThemeError(FormError):
    """A theme cannot be varied; the message says what would fit."""


class CharacterError(MusicError):
    """A song cannot have the wanted character.

    Attributes:
        parameter: Which part of it.
        fits: What would fit.
    """

    def __init__(self, parameter: str, fits: str) -> None:
        super().__init__(f"{parameter} must be {fits}")
        self.parameter = parameter
        self.fits = fits


class DescriptionError(MusicError):
    """The description of a bundle cannot be read by this version; the message names the field."""


class ComposingError(MusicError):
    """A song cannot be composed."""


class NoOpeningsError(ComposingError):
    """The game has no opening that a song could continue."""


class UnencodablePrimerError(ComposingError):
    """The vocabulary cannot encode a primer in any key."""


class NotMusicError(ComposingError):
    """The tokens of a model are not music; the message describes them."""


class UnfinishedSongError(ComposingError):
    """The tokens of a model give too few notes.

    Attributes:
        tokens: The largest number of tokens.
        notes: The number of notes of the song.
    """

    def __init__(self, tokens: int, notes: int) -> None:
        super().__init__(f"{tokens} tokens gave {notes} notes")
        self.tokens = tokens
        self.notes = notes

"""What can go wrong with music.

MusicError
├── UnreadablePieceError   a file holds no music that we can read
├── CodecError             there is no such way of writing music
├── TokenError             a token is not of the vocabulary
├── EngravingError         a score cannot be drawn
├── SoundfontError         a soundfont cannot be used
├── FormError              a text does not name a form, or bars do not fit one
│   ├── KeepError              a text does not name bars of a song, or the song has no such bars
│   └── ThemeError             a theme cannot be varied
├── DescriptionError       a bundle describes itself in a way we do not understand
└── ComposingError         a song cannot be composed
    ├── NoOpeningsError         there is no piece to continue
    ├── UnencodablePrimerError  the model cannot read the music to continue
    ├── NotMusicError           the model gave what is no music
    └── UnfinishedSongError     the model gave too little music
"""


class MusicError(Exception):
    """Anything wrong with a piece, a token or a bundle's description."""


class UnreadablePieceError(MusicError):
    """A file cannot be read as music, or holds too little of it; the message says why."""


class CodecError(MusicError):
    """No codec has that name; the message says which there are."""


class TokenError(MusicError):
    """A token or its name lies outside of the vocabulary."""


class EngravingError(MusicError):
    """A score cannot be drawn."""


class SoundfontError(MusicError):
    """A soundfont is not there, or is none."""


class FormError(MusicError):
    """A text is not a form, or bars do not fit it; the message says what would fit."""


class KeepError(FormError):
    """The bars of a song that are to be kept do not fit; the message says what would fit."""


class ThemeError(FormError):
    """A theme cannot be varied; the message says what would fit."""


class DescriptionError(MusicError):
    """A bundle's description is not one that this version reads; the message says which field."""


class ComposingError(MusicError):
    """A song cannot be composed."""


class NoOpeningsError(ComposingError):
    """A song is to continue the opening of a piece, and the game has none."""


class UnencodablePrimerError(ComposingError):
    """The vocabulary does not hold the music that a song is to continue, in any key."""


class NotMusicError(ComposingError):
    """What a model gave is no music; the message says what it gave."""


class UnfinishedSongError(ComposingError):
    """A model gave too few notes.

    Attributes:
        tokens: How many were sampled at most.
        notes: How many notes the song has.
    """

    def __init__(self, tokens: int, notes: int) -> None:
        super().__init__(f"{tokens} tokens gave {notes} notes")
        self.tokens = tokens
        self.notes = notes

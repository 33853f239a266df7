"""What a song is to be."""

from dataclasses import dataclass

from music.character.wanted import ANY_CHARACTER, Character
from music.players.line_up import LineUp
from music.sampling import TEMPERATURE, TOP_K, TOP_P


@dataclass(frozen=True)
class Brief:
    """What a song is to be, whatever it continues; the defaults are the service's.

    Attributes:
        seed: 0 or more, below 2 to the 64.
        notes: How many, of a song without a plan exactly; None where they are not given.
        seconds: All onsets lie before it; None where they are not given.
        temperature: 0 or more.
        top_k: 0 or more; 0 means off.
        top_p: Above 0, up to 1; 1 means off.
        tempo_bpm: Quarter notes per minute; None for that of the music that it continues.
        max_quote: Notes in a row that it may share with a piece; None for as many as the game's
            own pieces share among themselves.
        bars: How many its plan has, without an intro; None where something else says how long.
        form: The names of its sections; None for the form of one of the game's pieces.
        ending: Whether its last bar closes; None for a song that does unless it loops.
        loop: Whether its end leads to its start.
        intro_bars: Bars before the loop.
        keep: The bars of the music to revise that stay, counted from 0; the others are composed
            anew. Empty where nothing is revised.
        varies: Whether uploaded music is section A, from which the others follow.
        character: Its key, meter, density and so on; only of a song that continues an opening.
        line_up: Who plays it; None for the players of the music that it continues. Only for a
            model of bands.
    """

    seed: int
    notes: int | None = None
    seconds: float | None = None
    temperature: float = TEMPERATURE
    top_k: int = TOP_K
    top_p: float = TOP_P
    tempo_bpm: float | None = None
    max_quote: int | None = None
    bars: int | None = None
    form: tuple[str, ...] | None = None
    ending: bool | None = None
    loop: bool = False
    intro_bars: int = 0
    keep: tuple[int, ...] = ()
    varies: bool = False
    character: Character = ANY_CHARACTER
    line_up: LineUp | None = None

    @property
    def is_planned(self) -> bool:
        """Whether the song has a plan; otherwise it has exactly so many notes or seconds."""
        has_length = self.notes is not None or self.seconds is not None
        has_form = bool(self.keep or self.varies or self.form or self.loop)
        has_character = self.character != ANY_CHARACTER
        return has_form or has_character or self.ending is not None or not has_length

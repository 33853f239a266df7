"""What a song is to be: key, mode, meter, density, register, and moods that name some of these."""

from dataclasses import dataclass

from music.keys import Keys, Mode, NamedKey


@dataclass(frozen=True)
class Character:
    """The character that a song is to have; None where anything is right.

    Attributes:
        key: Tonic and mode.
        mode: Of any key; that of `key` where both are given.
        meter: A time signature, such as 3/4.
        density: Percentile of the notes per quarter note of the game's pieces, 0 to 100.
        register: Percentile of the mean pitch of the game's pieces, 0 to 100.
    """

    key: NamedKey | None = None
    mode: Mode | None = None
    meter: str | None = None
    density: int | None = None
    register: int | None = None

    @property
    def wanted_mode(self) -> Mode | None:
        """The mode that is given or that the key has."""
        return self.key.mode if self.key else self.mode

    @property
    def keys(self) -> Keys:
        """The keys that are right; none where all are."""
        if self.key:
            return frozenset({(self.key.tonic, self.key.mode)})
        if self.mode:
            return frozenset((tonic, self.mode) for tonic in range(12))
        return frozenset()

    @property
    def members(self) -> dict[str, str | int]:
        """What is given, by name."""
        given = {
            "key": self.key.name if self.key else None,
            "mode": str(self.mode) if self.mode else None,
            "meter": self.meter,
            "density": self.density,
            "register": self.register,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def terms(self) -> str:
        """What is given, in a line: mode=minor, density=90."""
        return ", ".join(f"{name}={value}" for name, value in self.members.items())


ANY_CHARACTER = Character()

MOODS = {
    "bright": Character(mode=Mode.MAJOR, density=60, register=80),
    "calm": Character(density=10, register=50),
    "dark": Character(mode=Mode.MINOR, density=40, register=10),
    "lively": Character(density=90, register=60),
    "sad": Character(mode=Mode.MINOR, density=15, register=50),
    "tense": Character(mode=Mode.MINOR, density=90, register=30),
}

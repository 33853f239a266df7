"""Finds the drums of a MIDI file: the channels that play drums, and when.

Channel 10 plays drums (General MIDI). In Roland GS and Yamaha XG, an exclusive message makes any
channel a drum channel, or channel 10 a melodic one. In XG and General MIDI 2, a program of a drum
bank does the same.

Sources: General MIDI System Level 1 and 2 (MIDI Association); Roland SC-88Pro Owner's Manual, MIDI
Implementation; Yamaha XG Specifications.
"""

import numpy as np
from numpy.typing import NDArray

from music.reading.smf import EXCLUSIVE, MidiFile

_CHANNELS = 16
_DRUM_CHANNEL = 9  # the tenth, counted from 0
_DRUM_BANKS = frozenset({120, 126, 127})  # of GM2; of XG: sound effects and drums
_DRUM_BANK_FINE = 0  # Roland's bank 127 is melodic, and has another fine number
_CONTROLLER, _PROGRAM_CHANGE = 0xB0, 0xC0
_BANK, _BANK_FINE = 0, 32  # numbers of controllers


def drum_mask(file: MidiFile) -> NDArray[np.bool_]:
    """Return for each event of a file whether its channel plays drums then.

    Returns:
        bool[E].
    """
    is_drum = np.zeros(len(file.status), dtype=np.bool_)
    for port in np.flatnonzero(np.bincount(file.port)).tolist():
        is_drum |= (file.port == port) & _drum_mask_of_port(file, port)
    return is_drum


def _drum_mask_of_port(file: MidiFile, port: int) -> NDArray[np.bool_]:
    """Return for each event whether its channel plays drums on a port then."""
    kind, channel = file.status & 0xF0, file.status & 0x0F
    is_bank = (kind == _CONTROLLER) & ((file.data1 == _BANK) | (file.data1 == _BANK_FINE))
    is_here = file.port == port
    by_channel = np.flatnonzero(is_here & (is_bank | (kind == _PROGRAM_CHANGE))).tolist()
    exclusives = [e for e in file.system if e.kind == EXCLUSIVE and e.port == port]
    # An exclusive message applies to all events at its tick, in all tracks.
    first_events = np.searchsorted(file.tick, [event.tick for event in exclusives]).tolist()
    steps: list[tuple[int, bytes | None]] = [(index, None) for index in by_channel]
    steps += [(index, event.data) for index, event in zip(first_events, exclusives, strict=True)]
    channels = _Channels()
    for index, exclusive in sorted(steps, key=lambda step: (step[0], step[1] is None)):
        if exclusive is not None:
            channels.exclusive(index, exclusive)
        elif is_bank[index]:
            channels.bank(int(channel[index]), int(file.data1[index]), int(file.data2[index]))
        else:
            channels.program(index, int(channel[index]))
    return channels.mask(channel)


class _Channels:
    """The state of every channel, event by event."""

    def __init__(self) -> None:
        self._changes = [[(0, channel == _DRUM_CHANNEL)] for channel in range(_CHANNELS)]
        self._reset(0, is_gs=False)

    def exclusive(self, index: int, message: bytes) -> None:
        """Apply a system exclusive message before an event."""
        match tuple(message[:9]):  # the second byte is the number of the device
            case (0x7E, _, 0x09, _):
                self._reset(index, is_gs=False)  # General MIDI on or off
            case (0x41, _, 0x42, 0x12, 0x40, 0x00, 0x7F, *_):
                self._reset(index, is_gs=True)
            case (0x43, _, 0x4C, 0x00, 0x00, 0x7E | 0x7F, _):
                self._reset(index, is_gs=False)  # XG on, or all of its parameters
            case (0x41, _, 0x42, 0x12, 0x40, block, 0x15, mode, *_) if block & 0xF0 == 0x10:
                self._is_gs = True
                self._set_part(index, _gs_channel(block & 0x0F), is_drums=mode > 0)
            case (0x43, _, 0x4C, 0x08, part, 0x07, mode) if part < _CHANNELS:
                self._set_part(index, part, is_drums=mode > 0)

    def bank(self, channel: int, controller: int, value: int) -> None:
        """Apply a change of bank, which affects the next program."""
        (self._banks if controller == _BANK else self._fine_banks)[channel] = value

    def program(self, index: int, channel: int) -> None:
        """Apply a change of program."""
        self._is_drum_bank[channel] = (
            not self._is_gs
            and self._banks[channel] in _DRUM_BANKS
            and self._fine_banks[channel] == _DRUM_BANK_FINE
        )
        self._note(index, channel)

    def mask(self, channel: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each event whether its channel plays drums.

        Args:
            channel: int64[E].
        """
        is_drums: NDArray[np.bool_] = channel == _DRUM_CHANNEL
        for number, changes in enumerate(self._changes):
            if len(changes) > 1:
                events = np.flatnonzero(channel == number)
                indices, values = zip(*changes, strict=True)
                latest = np.searchsorted(indices, events, side="right") - 1
                is_drums[events] = np.array(values)[latest]
        return is_drums

    def _reset(self, index: int, *, is_gs: bool) -> None:
        self._is_gs = is_gs
        self._is_drum_bank = [False] * _CHANNELS
        self._is_drum_part = [False] * _CHANNELS
        self._banks, self._fine_banks = [0] * _CHANNELS, [0] * _CHANNELS
        for channel in range(_CHANNELS):
            self._set_part(index, channel, is_drums=channel == _DRUM_CHANNEL)

    def _set_part(self, index: int, channel: int, *, is_drums: bool) -> None:
        self._is_drum_part[channel] = is_drums
        self._note(index, channel)

    def _note(self, index: int, channel: int) -> None:
        is_drums = self._is_drum_part[channel] or self._is_drum_bank[channel]
        changes = self._changes[channel]
        if is_drums != changes[-1][1]:
            changes.append((index, is_drums))


def _gs_channel(block: int) -> int:
    """Convert the number of a GS part's block, in which 0 is the tenth part."""
    if block == 0:
        return _DRUM_CHANNEL
    return block - 1 if block <= _DRUM_CHANNEL else block

"""The names of General MIDI's instruments and drum kits, with abbreviations for scores.

Sources: General MIDI System Level 1 and 2 (MIDI Association), for programs, kits and the keys of a
kit. The abbreviations are those of common engraving practice where there is one.
"""

_NAMES = """
Acoustic Grand Piano=Pno.|Bright Acoustic Piano=Pno.|Electric Grand Piano=E. Pno.
Honky-tonk Piano=H.-t. Pno.|Electric Piano 1=E. Pno.|Electric Piano 2=E. Pno.
Harpsichord=Hpsd.|Clavinet=Clav.

Celesta=Cel.|Glockenspiel=Glock.|Music Box=Mus. Box|Vibraphone=Vib.
Marimba=Mar.|Xylophone=Xyl.|Tubular Bells=Tub. B.|Dulcimer=Dulc.

Drawbar Organ=Org.|Percussive Organ=Perc. Org.|Rock Organ=Rock Org.|Church Organ=Ch. Org.
Reed Organ=Rd. Org.|Accordion=Acc.|Harmonica=Harm.|Tango Accordion=Bdn.

Acoustic Guitar (nylon)=Gtr.|Acoustic Guitar (steel)=Gtr.|Electric Guitar (jazz)=E. Gtr.
Electric Guitar (clean)=E. Gtr.|Electric Guitar (muted)=E. Gtr.|Overdriven Guitar=Ovd. Gtr.
Distortion Guitar=Dist. Gtr.|Guitar Harmonics=Gtr. Harm.

Acoustic Bass=Bass|Electric Bass (finger)=E. Bass|Electric Bass (pick)=E. Bass
Fretless Bass=Frtl. Bass|Slap Bass 1=Slap B.|Slap Bass 2=Slap B.|Synth Bass 1=Syn. Bass
Synth Bass 2=Syn. Bass

Violin=Vln.|Viola=Vla.|Cello=Vc.|Contrabass=Cb.|Tremolo Strings=Trem. Str.
Pizzicato Strings=Pizz. Str.|Orchestral Harp=Hp.|Timpani=Timp.

String Ensemble 1=Str.|String Ensemble 2=Str.|Synth Strings 1=Syn. Str.|Synth Strings 2=Syn. Str.
Choir Aahs=Choir|Voice Oohs=Voice|Synth Voice=Syn. Voice|Orchestra Hit=Orch. Hit

Trumpet=Tpt.|Trombone=Tbn.|Tuba=Tba.|Muted Trumpet=M. Tpt.|French Horn=Hn.|Brass Section=Brass
Synth Brass 1=Syn. Br.|Synth Brass 2=Syn. Br.

Soprano Sax=S. Sax|Alto Sax=A. Sax|Tenor Sax=T. Sax|Baritone Sax=B. Sax|Oboe=Ob.
English Horn=E. Hn.|Bassoon=Bsn.|Clarinet=Cl.

Piccolo=Picc.|Flute=Fl.|Recorder=Rec.|Pan Flute=Pan Fl.|Blown Bottle=Bottle|Shakuhachi=Shak.
Whistle=Wh.|Ocarina=Oc.

Lead 1 (square)=Lead|Lead 2 (sawtooth)=Lead|Lead 3 (calliope)=Lead|Lead 4 (chiff)=Lead
Lead 5 (charang)=Lead|Lead 6 (voice)=Lead|Lead 7 (fifths)=Lead|Lead 8 (bass + lead)=Lead

Pad 1 (new age)=Pad|Pad 2 (warm)=Pad|Pad 3 (polysynth)=Pad|Pad 4 (choir)=Pad|Pad 5 (bowed)=Pad
Pad 6 (metallic)=Pad|Pad 7 (halo)=Pad|Pad 8 (sweep)=Pad

FX 1 (rain)=FX|FX 2 (soundtrack)=FX|FX 3 (crystal)=FX|FX 4 (atmosphere)=FX|FX 5 (brightness)=FX
FX 6 (goblins)=FX|FX 7 (echoes)=FX|FX 8 (sci-fi)=FX

Sitar=Sit.|Banjo=Bjo.|Shamisen=Sham.|Koto=Koto|Kalimba=Kal.|Bagpipe=Bagp.|Fiddle=Fdl.
Shanai=Shanai

Tinkle Bell=T. Bell|Agogo=Agogo|Steel Drums=St. Dr.|Woodblock=W.B.|Taiko Drum=Taiko
Melodic Tom=Tom|Synth Drum=Syn. Dr.|Reverse Cymbal=Rev. Cym.

Guitar Fret Noise=Fret|Breath Noise=Breath|Seashore=Sea|Bird Tweet=Bird|Telephone Ring=Tel.
Helicopter=Heli.|Applause=Appl.|Gunshot=Gun
"""
_ROWS = [row.split("=") for row in _NAMES.replace("\n", "|").split("|") if row]

INSTRUMENTS = tuple(name for name, _ in _ROWS)
"""The name of each General MIDI program, 0 to 127."""

ABBREVIATIONS = tuple(short for _, short in _ROWS)
"""How scores abbreviate each of `INSTRUMENTS`."""

_STANDARD_KIT = 0
KITS = {
    _STANDARD_KIT: "Standard Kit",
    8: "Room Kit",
    16: "Power Kit",
    24: "Electronic Kit",
    25: "Analog Kit",
    32: "Jazz Kit",
    40: "Brush Kit",
    48: "Orchestra Kit",
    56: "SFX Kit",
}
"""The drum kits of General MIDI 2, by program."""


def kit_name(program: int) -> str:
    """Return the name of a drum kit; synthesizers play the standard kit for an unknown program."""
    return KITS.get(program, KITS[_STANDARD_KIT])

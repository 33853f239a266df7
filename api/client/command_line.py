"""Composes from the command line: python -m api compose."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from api.client.leitmotif_client import Format, Leitmotif, LeitmotifError, Song, Wishes
from api.client.player import PlayerError, find_player, play
from api.client.sounding import SOUNDING
from api.config import ConfigError, local_address
from api.errors import BadParameterError
from api.formats.registry import FORMATS
from api.http.request.parameter import Kind, Parameter, RequestValue, Value
from api.http.request.parameters import PARAMETERS

KEY_VARIABLE = "LEITMOTIF_API_KEY"
STDOUT = "-"

_SUFFIXES = {
    f".{suffix}": form.name
    for form in FORMATS
    for suffix in dict.fromkeys((form.suffix, form.name))
}
_METAVARS = {
    Kind.NAME: "NAME",
    Kind.TEXT: "TEXT",
    Kind.WHOLE: "N",
    Kind.NUMBER: "X",
    Kind.FLAG: "true|false",
}
_DESCRIPTION = """\
Have a song composed by a running Leitmotif (python -m api, or make serve), and write it to a file,
play it, or both.
"""
_EPILOG = f"""\
examples:
  python -m api compose --game majoras_mask -o song.mid
  python -m api compose --game majoras_mask --seconds 60 --seed 7 -o song.wav
  python -m api compose --game bach --notes 100 --primer intro.mid --play
  python -m api compose --game bach --format json -o - | jq '.notes | length'
  python -m api compose --game touhou --format zip -o stems.zip
  python -m api compose --game bach --songs 8 --format ogg -o songs.zip

It says on stderr what it wrote and with which seed: the same seed, parameters and model version
bring the same song. The exit status is 0 for a song, 1 where there is none, and 2 where an option
does not fit. An API key is better given as {KEY_VARIABLE} than as an option, which others on
this machine can see.
"""


class WritingError(Exception):
    """The song cannot be written; the message says why."""


def main(arguments: Sequence[str]) -> int:
    """Compose a song, and give the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.output is None and not options.play:
        parser.error("say where the song goes: -o FILE, --play, or both")
    if (options.songs or 1) > 1:
        _check_archive(options, parser)
    form = options.format or _format_of(options.output, parser)
    _check_folder(options.output, parser)
    if options.play and options.output is not None and form not in SOUNDING:
        parser.error(
            f"--play: {form} cannot be played; let -o end in "
            f"{', '.join(ending for ending, name in _SUFFIXES.items() if name in SOUNDING)}, and "
            f"write the {form} with the same --seed"
        )
    try:
        client = Leitmotif(options.url, api_key=options.api_key)
    except ValueError as error:
        parser.error(str(error))
    try:
        _compose(client, options, form)
    except (LeitmotifError, PlayerError, WritingError, OSError) as error:  # OSError: the primer
        print(f"compose: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _compose(client: Leitmotif, options: argparse.Namespace, form: Format) -> None:
    player = find_player() if options.play else None
    if options.output is None:
        form = "wav"
    song = client.generate(options.game, format=form, **_wishes(options))
    if options.output is not None:
        _write(options.output, song.content)
    _say(options.output or "playing", song)
    if player is not None:
        play(SOUNDING[form](song.content), player)


def _wishes(options: argparse.Namespace) -> Wishes:
    names = Wishes.__annotations__
    return cast(
        "Wishes",
        {name: said for name in names if (said := getattr(options, name)) is not None},
    )


def _say(what: str, song: Song) -> None:
    quote = (
        f"at most {song.longest_quote_notes} notes in a row as in {song.longest_quote_piece}"
        if song.longest_quote_piece
        else "nothing quoted"
    )
    print(
        f"{what}: {song.notes} notes, seed {song.seed}, version {song.version}, {quote}",
        file=sys.stderr,
    )


def _write(output: str, content: bytes) -> None:
    """Write a temporary file and rename it, so that no reader sees an incomplete file."""
    try:
        if output == STDOUT:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        path = Path(output).resolve()
        if path.exists() and not path.is_file():  # a device or a pipe, which is not to be replaced
            path.write_bytes(content)
            return
        _write_whole(path, content)
    except OSError as error:
        raise WritingError(f"cannot write {output}: {error.strerror}") from error


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _format_of(output: str | None, parser: argparse.ArgumentParser) -> Format:
    if output in {None, STDOUT}:
        return "midi"
    suffix = Path(str(output)).suffix
    if suffix.lower() not in _SUFFIXES:
        ending = f"{suffix!r} is the ending of no format" if suffix else "the name has no ending"
        parser.error(f"-o: {ending}; let it be {', '.join(_SUFFIXES)}, or give --format")
    return cast("Format", _SUFFIXES[suffix.lower()])


def _check_archive(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Check that several songs have a file that holds them; --format says what is in an archive."""
    if options.play:
        parser.error("--play: it plays one song; leave --songs out")
    suffix = Path(str(options.output)).suffix.lower()
    if suffix == ".zip":
        options.format = options.format or "midi"
    elif suffix != ".json" and options.output != STDOUT:
        parser.error("-o: with --songs, the name must end in .zip or .json")


def _check_folder(output: str | None, parser: argparse.ArgumentParser) -> None:
    """Check before composing that the file can be written."""
    if output not in {None, STDOUT} and not Path(str(output)).resolve().parent.is_dir():
        parser.error(f"-o: there is no folder {Path(str(output)).parent}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api compose",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    music = parser.add_argument_group("the music")
    for parameter in PARAMETERS:
        if parameter.name != "format":
            music.add_argument(
                f"--{parameter.name.replace('_', '-')}",
                help=_help(parameter),
                metavar=_metavar(parameter),
                required=parameter.required,
                type=_reader(parameter),
            )
    answer = parser.add_argument_group("what becomes of it")
    answer.add_argument(
        *("-o", "--output"),
        help=f"the file to write; {STDOUT} is stdout. Its ending says which format",
        metavar="FILE",
    )
    answer.add_argument(
        "--format",
        choices=[form.name for form in FORMATS],
        help="the format, whatever the file is called; midi for stdout",
    )
    answer.add_argument(
        "--play", action="store_true", help="play it, by a player that is installed"
    )
    service = parser.add_argument_group("who composes it")
    service.add_argument(
        "--url",
        default=_address(parser),
        help="the address of the API; by default that of this machine, by API_HOST and API_PORT "
        "(%(default)s)",
    )
    service.add_argument(
        "--api-key",
        default=os.environ.get(KEY_VARIABLE) or None,
        help=f"for a service that requires one; by default the value of {KEY_VARIABLE}",
        metavar="KEY",
    )
    return parser


def _address(parser: argparse.ArgumentParser) -> str:
    try:
        return local_address(os.environ)
    except ConfigError as error:
        parser.error(str(error))


def _help(parameter: Parameter) -> str:
    range_ = f"; {parameter.fits}" if parameter.kind in {Kind.TEXT, Kind.WHOLE, Kind.NUMBER} else ""
    default = f" ({str(parameter.default).lower()})" if parameter.default is not None else ""
    return f"{parameter.effect}{range_}{default}".replace("%", "%%")


def _metavar(parameter: Parameter) -> str:
    if parameter.kind is Kind.VERSION:
        return "|".join((_METAVARS[Kind.WHOLE], *parameter.choices))
    file = ("FILE",) if parameter.may_be_file else ()
    return _METAVARS.get(parameter.kind) or "|".join((*parameter.choices, *file))


def _reader(parameter: Parameter) -> Callable[[str], Value | Path]:
    """Check an option as the API does, before a request is sent."""

    def read(text: str) -> Value | Path:
        try:
            return parameter.read(RequestValue(parameter.name, text))
        except BadParameterError as error:
            if parameter.may_be_file and Path(text).is_file():
                return Path(text)
            missing = f" There is no file {text!r}." if parameter.may_be_file else ""
            raise argparse.ArgumentTypeError(f"{error}{missing}") from error

    return read

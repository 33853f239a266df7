"""The table of parameters, by properties of every row."""

import pytest
from flask import Flask, Request
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from api.composing.song import Primer, SongRequest
from api.errors import ApiError, BadParameterError
from api.formats.registry import FORMATS, STREAMS
from api.http.request.parameter import Kind, RequestValue
from api.http.request.parameters import PARAMETERS
from api.http.request.song_request import song_request
from api.http.request.values import request_values
from music.composing.brief import Brief

NUMBERS = [p for p in PARAMETERS if p.kind in {Kind.WHOLE, Kind.NUMBER}]
BY_NAME = {p.name: p for p in PARAMETERS}


def fitting(parameter):
    if parameter.kind is Kind.WHOLE:
        return st.integers(int(parameter.lowest), int(parameter.highest))
    return st.floats(parameter.lowest, parameter.highest, exclude_min=not parameter.lowest_fits)


def misfitting(parameter):
    return st.one_of(
        st.floats(max_value=parameter.lowest, exclude_max=parameter.lowest_fits),
        st.floats(min_value=parameter.highest, exclude_min=True),
        st.integers(max_value=int(parameter.lowest) - 1),
        st.integers(min_value=int(parameter.highest) + 1),
        st.booleans(),
        st.none(),
        st.text(),
        st.lists(st.integers(), max_size=2),
    )


def in_python(request: SongRequest, name):
    if name == "songs":
        return request.songs
    if name in {"density", "register"}:
        return getattr(request.brief.character, name)
    return getattr(request.brief, {"tempo": "tempo_bpm"}.get(name, name))


NEEDED = {"intro_bars": [RequestValue("loop", "true")]}


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda p: p.name)
@given(data=st.data())
def test_a_number_in_its_range_fits_as_text_and_as_json(parameter, data):
    value = data.draw(fitting(parameter))
    for given_ in (
        RequestValue(parameter.name, repr(value)),
        RequestValue(parameter.name, value, is_json=True),
    ):
        request = song_request(
            [RequestValue("game", "zelda"), *NEEDED.get(parameter.name, ()), given_]
        )
        assert in_python(request, parameter.name) == value


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda p: p.name)
@settings(max_examples=40)
@given(data=st.data())
def test_any_other_value_is_refused_with_the_valid_ones(parameter, data):
    value = data.draw(misfitting(parameter))
    with pytest.raises(BadParameterError) as refusal:
        song_request(
            [RequestValue(parameter.name, value, is_json=True), RequestValue("game", "zelda")]
        )
    assert str(refusal.value) == f"{parameter.name} must be {parameter.fits}."
    assert refusal.value.parameter == parameter.name


@given(st.sampled_from(sorted(BY_NAME)), st.text())
def test_no_text_makes_more_than_a_refusal(name, text):
    try:
        song_request([RequestValue("game", "zelda"), RequestValue(name, text)])
    except BadParameterError:
        return
    assert name != "game"  # it is given already


@given(
    method=st.sampled_from(["query", "form", "json"]),
    pairs=st.lists(
        st.tuples(st.sampled_from([*sorted(BY_NAME), "x", ""]), st.text(max_size=8)), max_size=5
    ),
)
def test_no_request_makes_more_than_a_refusal(method, pairs):
    way = {"query": "query_string", "form": "data", "json": "json"}[method]
    builder = EnvironBuilder(method="POST", **{way: dict(pairs)})
    try:
        request = song_request(request_values(Request(builder.get_environ())))
    except ApiError:
        return
    assert isinstance(request, SongRequest)


@given(st.binary(max_size=64))
def test_no_body_makes_more_than_a_refusal(body):
    environ = EnvironBuilder(
        method="POST", data=body, content_type="application/json"
    ).get_environ()
    with Flask(__name__).request_context(environ), pytest.raises(ApiError):
        song_request(request_values(Request(environ)))


def test_absent_parameters_have_their_defaults():
    request = song_request([RequestValue("game", "zelda")])
    assert 0 <= request.brief.seed < 1 << 32
    assert request == SongRequest(
        game="zelda",
        brief=Brief(request.brief.seed, temperature=1.0, top_k=0, top_p=0.92),
        primer=Primer.CORPUS,
        is_seed_drawn=True,
    )


@pytest.mark.parametrize(
    ("values", "parameter", "message"),
    [
        ({"notes": 9, "seconds": 9}, "seconds", "Send only one of notes, seconds and bars."),
        ({"notes": 9, "bars": 9}, "bars", "Send only one of notes, seconds and bars."),
        ({"form": "AB'"}, "form", "form must be a form in which B comes before B', which"),
        ({"form": "aaba"}, "form", "form must be letters A to Z, each a section, with '"),
        ({"form": ""}, "form", "form must be text of 1 to 64 characters"),
        ({"intro_bars": 4}, "intro_bars", "intro_bars needs loop=true."),
        ({"ending": True, "loop": True}, "ending", "ending=true and loop=true exclude each other"),
        ({"bars": 0}, "bars", "bars must be an integer from 1 to 256."),
        (
            {"intro_bars": 17, "loop": True},
            "intro_bars",
            "intro_bars must be an integer from 0",
        ),
    ],
)
def test_lengths_forms_and_loops_that_do_not_fit_are_refused(values, parameter, message):
    said = [
        RequestValue(name, value, is_json=True) for name, value in {"game": "x", **values}.items()
    ]
    with pytest.raises(BadParameterError) as refusal:
        song_request(said)
    assert str(refusal.value).startswith(message)
    assert refusal.value.parameter == parameter


def test_a_form_is_read_as_its_sections():
    request = song_request(
        [RequestValue("game", "zelda"), RequestValue("form", "ABA'"), RequestValue("bars", "12")]
    )
    assert (request.brief.form, request.brief.bars) == (("A", "B", "A'"), 12)


def test_a_length_in_seconds_takes_the_place_of_the_notes():
    request = song_request([RequestValue("game", "zelda"), RequestValue("seconds", "9.5")])
    assert (request.brief.notes, request.brief.seconds) == (None, 9.5)


def test_minus_zero_is_zero_so_that_it_makes_the_same_file():
    request = song_request([RequestValue("game", "zelda"), RequestValue("temperature", "-0.0")])
    assert str(request.brief.temperature) == "0.0"


def test_requested_and_random_seeds_are_distinguished():
    given = song_request([RequestValue("game", "zelda"), RequestValue("seed", "5")])
    assert (given.brief.seed, given.is_seed_drawn) == (5, False)


def test_a_random_seed_differs_between_calls():
    assert len({song_request([RequestValue("game", "zelda")]).brief.seed for _ in range(9)}) > 1


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda p: p.name)
def test_a_row_is_whole(parameter):
    assert parameter.effect
    if parameter.default is not None:
        default = RequestValue(parameter.name, parameter.default, is_json=True)
        assert parameter.read(default) == parameter.default
    if parameter.kind is Kind.CHOICE:
        assert parameter.choices


def test_every_format_can_be_requested_by_name():
    assert BY_NAME["format"].choices == tuple(form.name for form in (*FORMATS, *STREAMS))
    assert BY_NAME["format"].choices == (
        "midi",
        "wav",
        "ogg",
        "json",
        "musicxml",
        "svg",
        "zip",
        "sse",
        "ndjson",
    )

## Runs the example in a real Godot, and prints what test_godot.py compares: a line for each finding.
##
## The service's address is the only argument.
extends Node

signal ended

const Player := preload("res://leitmotif_player.gd")
const LOOP := "game=zelda&seed=7&form=AB&bars=2&loop=true&tempo=233&primer=none&intro_bars=%d"
const EDGE := 8 # samples: the mixer interpolates, and begins from silence

var service: String = OS.get_cmdline_user_args()[0]


func _ready() -> void:
	for intro_bars in [0, 1]:
		var ogg := AudioStreamOggVorbis.load_from_buffer(await song(intro_bars, "ogg"))
		Player.looping(ogg)
		var loop: Array[int] = [int(ogg.tags["loopstart"]), int(ogg.tags["looplength"])]
		find("ogg", loop + [passes_that_differ(ogg, loop[0], loop[1])])
		var wav := AudioStreamWAV.load_from_buffer(await song(intro_bars, "wav"))
		find("wav", [wav.loop_mode, wav.loop_begin, wav.loop_end])
	await compose({"song_seed": 12})
	await compose({"game": "nowhere"})
	find("end", [])


func find(what: String, found: Array) -> void:
	print("FOUND ", JSON.stringify([what] + found))


func song(intro_bars: int, format: String) -> PackedByteArray:
	var http := HTTPRequest.new()
	add_child(http)
	http.request(service + "/generate?format=" + format + "&" + LOOP % intro_bars)
	var response: Array = await http.request_completed
	return response[3]


func passes_that_differ(stream: AudioStream, start: int, length: int) -> int:
	var playback := stream.instantiate_playback()
	playback.start(0.0)
	var mixed := PackedVector2Array()
	while mixed.size() < start + 3 * length:
		mixed.append_array(playback.mix_audio(AudioServer.get_mix_rate() / 44100.0, 1024))
	var first := mixed.slice(start + EDGE, start + length - EDGE)
	var differ := 0
	for later in [length, 2 * length]:
		if mixed.slice(start + later + EDGE, start + later + length - EDGE) != first:
			differ += 1
	return differ


func compose(wishes: Dictionary) -> void:
	var music := load("res://main.tscn").instantiate() as Player
	music.service = service
	music.game = "zelda"
	music.bars = 2
	for wish in wishes:
		music.set(wish, wishes[wish])
	music.composed.connect(end.bind(music), CONNECT_DEFERRED)
	music.failed.connect(end.bind(music), CONNECT_DEFERRED)
	add_child(music)
	await ended


func end(said: String, music: AudioStreamPlayer) -> void:
	find("said", [said, music.playing])
	ended.emit()

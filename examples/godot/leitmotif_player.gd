## Asks a Leitmotif service for music and plays it in a loop.
##
## For Godot 4.5 or newer. Attach it to an AudioStreamPlayer; it composes as soon as the scene starts.
class_name LeitmotifPlayer
extends AudioStreamPlayer

## The music plays. The same seed composes it again; "" if the service did not say.
signal composed(song_seed: String)
## There is no music; the reason is for people.
signal failed(reason: String)

const SAMPLE_RATE_HZ := 44100.0

@export var service := "http://localhost:8080"
## Only for a service with API_KEYS. Players of your game can read it.
@export var api_key := ""
@export var game := "bach"
@export_range(1, 256) var bars := 16
@export_range(0, 16) var intro_bars := 0
## The same seed composes the same music; -1 for new music every time.
@export var song_seed := -1


func _ready() -> void:
	compose()


## Compose, then play.
func compose() -> void:
	var http := HTTPRequest.new()
	http.timeout = 60.0
	add_child(http)
	var headers := PackedStringArray(["Content-Type: application/json"])
	if api_key:
		headers.append("Authorization: Bearer " + api_key)
	var body := JSON.stringify(_wishes())
	var error := http.request(service + "/generate", headers, HTTPClient.METHOD_POST, body)
	if error == OK:
		var response: Array = await http.request_completed
		_receive(response[0], response[1], response[2], response[3])
	else:
		_fail("The request could not be sent: " + error_string(error))
	http.queue_free()


func _wishes() -> Dictionary:
	var wishes := {
		"game": game, "format": "ogg", "loop": true, "bars": bars, "intro_bars": intro_bars
	}
	if song_seed >= 0:
		wishes["seed"] = song_seed
	return wishes


func _receive(result: int, status: int, headers: PackedStringArray, body: PackedByteArray) -> void:
	if result != HTTPRequest.RESULT_SUCCESS:
		var hint := " Does it allow this page's origin?" if OS.has_feature("web") else ""
		_fail("%s does not respond (HTTPRequest result %d).%s" % [service, result, hint])
	elif status != HTTPClient.RESPONSE_OK:
		var problem: Variant = JSON.parse_string(body.get_string_from_utf8())
		_fail(problem.detail if problem is Dictionary else "HTTP status %d" % status)
	else:
		stream = looping(AudioStreamOggVorbis.load_from_buffer(body))
		play()
		composed.emit(_header(headers, "leitmotif-seed"))


## Let an OGG file of the service play its intro once and its loop for ever.
static func looping(music: AudioStreamOggVorbis) -> AudioStreamOggVorbis:
	music.loop = true
	# Half a sample more, since Godot rounds down to a sample.
	music.loop_offset = (int(music.tags.get("loopstart", "0")) + 0.5) / SAMPLE_RATE_HZ
	return music


func _header(headers: PackedStringArray, wanted: String) -> String:
	for header in headers:
		if header.get_slice(":", 0).to_lower() == wanted:
			return header.get_slice(":", 1).strip_edges()
	return ""


func _fail(reason: String) -> void:
	push_error(reason)
	failed.emit(reason)

#!/usr/bin/env bash
# Runs the embedded model server and the API together; when one ends, so does the other. Ctrl-C, SIGTERM
# and a closed terminal end both.
set -euo pipefail
python=$1

"$python" -m training.listing # models.config has absolute paths, and the folder may have been moved

# What `make sound` installs plays songs, unless SOUNDFONT is set; empty means the computed piano.
soundfont=/usr/share/sounds/sf2/FluidR3_GM.sf2
if [[ -z ${SOUNDFONT+set} && -f $soundfont ]] && ldconfig -p | grep -q 'libfluidsynth\.so\.3'; then
    export SOUNDFONT=$soundfont
fi

trap 'asked=yes; kill "${api:-}" 2>/dev/null || true' HUP INT TERM

# An operation of this network is too small to be shared by cores, and a step has a hundred of them:
# each call computes on its own thread, and cores work on different calls. A call that waits to be
# merged holds a thread.
mapfile -t thread_flags < serving/thread_flags.txt
"$python" -m serving --port="$MODEL_SERVER_PORT" \
    --model_config_file="$MODELS_DIR/models.config" \
    --model_config_file_poll_wait_seconds=2 \
    --num_load_threads=2 \
    --enable_batching --batching_parameters_file=serving/batching_parameters.txt \
    "${thread_flags[@]}" &
model_server=$!
"$python" -m api &
api=$!
"$python" -m scripts.announce &

status=0
[[ -n ${asked:-} ]] || wait -n "$model_server" "$api" || status=$?
kill "$api" 2>/dev/null || true
while kill -0 "$api" 2>/dev/null; do wait "$api" || true; done # its songs in flight need the model server
# shellcheck disable=SC2046  # process ids
kill $(jobs -p) 2>/dev/null || true
until wait; do :; done # a signal interrupts it
[[ -z ${asked:-} ]] || status=0
exit "$status"

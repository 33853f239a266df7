#!/usr/bin/env bash
# Runs the service in containers on TensorFlow Serving's own image: trains a game twice, with a song a
# second meanwhile, asks both versions for songs by their labels, and takes the model server away.
#
# Needs Docker with compose, make, curl and the network. It works in a project of its own, whose
# containers and volumes it removes in the end; a running service of yours goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
mkdir "$work/pieces" # none: bach comes with music21
export COMPOSE_PROJECT_NAME=leitmotif-check
export API_HOST=127.0.0.1 API_PORT=${CHECK_PORT:-18080}
export API_KEYS='' RATE_LIMIT=off REQUEST_SECONDS=30 # whatever docker/.env has
export GAME=bach EPOCHS=2 WEIGHTS='' KEEP_VERSIONS='' DATA_DIR=$work/pieces

build_s=1200 # images, TensorFlow's packages included
train_s=480
promote_s=120
load_s=90 # until the model server serves what is published
stop_s=60

say() { echo "compose-check: $*"; }
fail() { say "FAILED: $*" >&2 && exit 1; }

compose() { docker compose --file docker/compose.yaml --profile cpu "$@"; }
export -f compose

within() { # seconds, command...: what takes longer has failed
    local limit_s=$1
    shift
    say "$* (at most $limit_s s)"
    timeout "$limit_s" bash -c '"$@"' within "$@" || fail "$* failed, or took longer than $limit_s s"
}

finish() {
    local status=$?
    rm -f "$work/asking"
    if ((status)); then
        timeout "$stop_s" bash -c 'compose ps --all; compose logs --no-color --tail 200' >&2 || true
    fi
    timeout "$stop_s" bash -c 'compose down --volumes' || say "containers are left: see docker ps" >&2
    wait
    rm -rf "$work"
}

ask() { # name of the answer's files, parameters: gives the status
    curl --silent --show-error --max-time 60 --dump-header "$work/$1.headers" \
        --output "$work/$1.mid" --write-out '%{http_code}\n' --request POST \
        "http://$API_HOST:$API_PORT/generate?game=$GAME&notes=100&$2" 2>"$work/$1.error" || true
}

header() { # name of the answer's files, name of the header
    sed -n "s/^$2: \(.*\)\r\$/\1/Ip" "$work/$1.headers"
}

shown() { # name of the answer's files
    cat "$work/$1.error" "$work/$1.headers" || true
    grep --text --quiet ^MThd "$work/$1.mid" || cat "$work/$1.mid" || true
}

expect_version() { # version, parameters: waits until songs come from it
    local status='' version='' deadline=$((SECONDS + load_s))
    while ((SECONDS < deadline)); do
        status=$(ask song "$2")
        if [[ $status == 200 ]]; then
            version=$(header song Leitmotif-Model-Version)
            if [[ $version == "$1" ]]; then
                [[ $(head --bytes=4 "$work/song.mid") == MThd ]] || fail "that is no MIDI file"
                say "a song by version $1 (${2:-by default}), $(stat --format=%s "$work/song.mid") bytes"
                return
            fi
        fi
        sleep 1
    done
    shown song >&2
    fail "no song by version $1 (${2:-by default}) within $load_s s; the last answer is above:" \
        "status ${status:-none}, version ${version:-none}"
}

expect_refusal() { # without model servers
    local status
    status=$(ask refused '')
    [[ $status == 503 && $(header refused Retry-After) =~ ^[0-9]+$ ]] || {
        shown refused >&2
        fail "without a model server the answer is $status, not 503 with Retry-After"
    }
    say "503 with Retry-After without a model server"
}

song_a_second() { # in the background, until expect_no_song_lost
    touch "$work/asking"
    while [[ -e $work/asking ]]; do
        ask each '' >>"$work/statuses"
        sleep 1
    done &
}

expect_no_song_lost() {
    local all lost
    rm "$work/asking"
    wait
    all=$(grep --count . "$work/statuses" || true)
    lost=$(grep --count --invert-match --line-regexp 200 "$work/statuses" || true)
    ((all)) || fail "no song was asked for while the game was trained again"
    ((lost == 0)) || {
        sort "$work/statuses" | uniq --count >&2
        shown each >&2
        fail "$lost of $all songs were lost while the game was trained again; the statuses are above"
    }
    say "none of $all songs was lost while the game was trained again"
}

command -v docker >/dev/null || fail "this needs Docker"
trap finish EXIT
within "$build_s" make up
within "$build_s" compose --profile train build trainer
within "$train_s" compose run --rm -T trainer
expect_version 1 ''

song_a_second
within "$train_s" compose run --rm -T trainer
expect_version 2 ''
within "$promote_s" compose run --rm -T --env VERSION=1 --entrypoint python trainer -m training.promoting
expect_version 1 ''
expect_version 1 version=stable
expect_version 2 version=canary
expect_no_song_lost

within "$stop_s" compose stop model-server
expect_refusal
within "$load_s" compose start model-server
expect_version 2 version=canary
expect_version 1 ''
say "all is well"

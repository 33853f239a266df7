#!/usr/bin/env bash
# Builds the images without a Docker engine and lets them do their work: three epochs in the trainer
# image, then a song out of the API image, run by its own user on a root that cannot be written.
# With the argument `api`, the API image alone, and $MODELS_DIR serves.
#
# Needs Debian, root and the network. Everything it makes lies in a folder of its own and goes with it.
set -euo pipefail
cd "$(dirname "$0")/.."
only=${1:-}
python=${PYTHON:-.venv/bin/python}
most_mb=400 # what the API image may add to its base

say() { echo "images-check: $*"; }
fail() { say "$*" >&2 && exit 1; }

[[ $(id -u) -eq 0 ]] || fail "only root can make a base image and change into it"
command -v apt-get >/dev/null || fail "this needs Debian's apt-get"
tools=(buildah mmdebstrap)
missing=()
for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if ((${#missing[@]})); then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" \
        >/dev/null
fi

work=$(mktemp -d /var/tmp/leitmotif-images-XXXXXX)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$work/storage" --runroot "$work/run" "$@"; }
started=()
finish() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    buildah umount --all >/dev/null 2>&1 || true
    rm -rf --one-file-system "$work"
}
trap finish EXIT

make_base() {
    say "a base of Debian's Python stands in for docker.io/library/python"
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
        bookworm "$work/base.tar"
    local container
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/base.tar" / >/dev/null
    buildah commit --quiet --rm "$container" localhost/python:3.11-slim >/dev/null
    rm "$work/base.tar"
}

# The registry that pip is told of outside is the one that it uses inside.
pip_settings() { env | sed -n 's/^\(PIP_[A-Z_]*\)=.*/--env=\1/p'; }

build() { # role
    say "building the $1 image"
    local settings
    mapfile -t settings < <(pip_settings)
    buildah build --quiet --format docker --network host "${settings[@]}" \
        --build-arg PYTHON_IMAGE=localhost/python:3.11-slim \
        --volume /etc/ssl/certs:/etc/ssl/certs:ro \
        --file "docker/$1.Dockerfile" --tag "localhost/leitmotif-$1" . >/dev/null
}

settings_of() { # image, what of it: a line each
    buildah inspect --type image --format "{{range .Docker.Config.$2}}{{println .}}{{end}}" "$1" |
        grep .
}

# Runs an image's program as its user on a read-only root, with /tmp and one folder to write to.
run() { # role, folder outside, folder inside, settings...
    local image=localhost/leitmotif-$1 outside=$2 inside=$3 root user workdir words program
    shift 3
    root=$(buildah mount "$(buildah from "$image")")
    user=$(buildah inspect --type image --format '{{.Docker.Config.User}}' "$image")
    workdir=$(buildah inspect --type image --format '{{.Docker.Config.WorkingDir}}' "$image")
    mapfile -t words < <(settings_of "$image" Env)
    mapfile -t program < <(settings_of "$image" Entrypoint)
    exec unshare --mount -- bash -euc '
        root=$1 outside=$2 inside=$3 user=$4
        shift 4
        mount --bind "$root" "$root"
        mount -o remount,bind,ro "$root"
        mount -t tmpfs tmpfs "$root/tmp"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mount --bind "$outside" "$root$inside"
        if chroot --userspec="$user" "$root" touch /leitmotif/here 2>/dev/null; then
            echo "images-check: the root can be written" >&2 && exit 1
        fi
        exec chroot --userspec="$user" "$root" env -i "$@"
    ' run "$root" "$outside" "$inside" "$user" \
        --chdir="$workdir" "${words[@]}" "$@" "${program[@]}"
}

added_mb() { # role: what an image has beyond its base
    local root
    root=$(buildah mount "$(buildah from "localhost/leitmotif-$1")")
    du --summarize --block-size=1M --total "$root/venv" "$root/leitmotif" | tail -1 | cut -f1
}

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

train() {
    export MODELS_DIR=$work/models
    install --directory --owner=10001 --group=10001 "$MODELS_DIR"
    build trainer
    say "three epochs in the trainer image"
    (run trainer "$MODELS_DIR" /models GAME=bach EPOCHS=3 FETCH=0)
    # The model server here runs outside, where the models lie elsewhere.
    "$python" -m training.listing
}

compose() {
    local server_port api_port game answer
    server_port=$(free_port)
    api_port=$(free_port)
    game=$(sed -n 's/.*name: "\(.*\)"/\1/p' "$MODELS_DIR/models.config" | head -1)
    "$python" -m serving --port="$server_port" --model_config_file="$MODELS_DIR/models.config" &
    started+=($!)
    (run api "$MODELS_DIR" /models API_PORT="$api_port" MODEL_SERVER="localhost:$server_port") &
    started+=($!)
    say "a song of $game out of the API image ($(added_mb api) MB beyond its base)"
    for form in midi musicxml wav; do
        answer=$work/song.$form
        curl --silent --show-error --fail-with-body --retry 60 --retry-delay 1 --retry-all-errors \
            --output "$answer" --request POST \
            "http://127.0.0.1:$api_port/generate?game=$game&seed=7&notes=100&format=$form"
        say "$form: $(stat --format=%s "$answer") bytes, $(head --bytes=4 "$answer")"
    done
    [[ $(head --bytes=4 "$work/song.midi") == MThd ]] || fail "that is no MIDI file"
    (($(added_mb api) < most_mb)) || fail "the API image adds $(added_mb api) MB"
    kill -TERM "${started[1]}"
    wait "${started[1]}" || fail "the API did not end as it should: $?"
}

make_base
[[ $only == api ]] || train
build api
compose
say "all is well"

#!/usr/bin/env bash
# Makes .venv with exactly what a lock file names.
set -euo pipefail
lock=$1

# venv --clear follows a link and empties its target, which other checkouts may use.
if [[ -L .venv ]]; then
    echo "setup: .venv is a link to $(readlink .venv), a folder that installing would empty;" \
        "remove the link (rm .venv), then run make again" >&2
    exit 1
fi

for python in python3.13 python3.12 python3.11 python3; do
    command -v "$python" >/dev/null || continue
    # Silent: pyenv has a command for every version that it knows, and those it does not run complain.
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && break
    python=
done
if [[ -z ${python:-} ]] || ! command -v "$python" >/dev/null; then
    echo "setup: Python 3.11, 3.12 or 3.13 is needed (TensorFlow 2.20 runs on no other)" >&2
    exit 1
fi

# Debian and Ubuntu ship venv as a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "setup: $python has no venv; run: sudo apt-get install python$version-venv" >&2
        exit 1
    fi
    apt-get update -qq && apt-get install -qq -y "python$version-venv"
fi

echo "setup: installing into .venv (once, a few minutes)"
"$python" -m venv --clear .venv
# Quiet twice: errors alone, without warnings of places in pip's settings that are not there.
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r "$lock"

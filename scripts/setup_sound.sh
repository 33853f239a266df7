#!/usr/bin/env bash
# Installs what plays bands: FluidSynth's library and the soundfont FluidR3 GM (MIT), 120 MB to download.
# `make serve` then uses both; elsewhere, SOUNDFONT names the file.
set -euo pipefail

packages=(libfluidsynth3 fluid-soundfont-gm)
if ! command -v apt-get >/dev/null; then
    echo "setup: install FluidSynth 2 and a General MIDI soundfont, and set SOUNDFONT to its file" >&2
    exit 1
fi
if [[ $(id -u) -ne 0 ]]; then
    echo "setup: run: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null

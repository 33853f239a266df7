#!/usr/bin/env bash
# Brings what tests need beside Python: Chromium, and TypeScript and axe-core, which come by npm, for the
# studio; Redis for rate limits that processes share; FluidSynth for soundfonts.
# What cannot be had here is skipped by the tests, with the reason.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
command -v redis-server >/dev/null || missing+=(redis-server)
ldconfig -p | grep -q 'libfluidsynth\.so\.3' || missing+=(libfluidsynth3 fluid-soundfont-gm)
if [[ ${#missing[@]} -gt 0 && $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "setup: installing ${missing[*]} for the tests"
    apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
        echo "setup: ${missing[*]} could not be installed" >&2
fi
if command -v npm >/dev/null; then
    npm ci --prefix tests/studio --silent --no-fund --no-audit ||
        echo "setup: TypeScript and axe-core could not be installed" >&2
fi

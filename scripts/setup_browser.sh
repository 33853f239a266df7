#!/usr/bin/env bash
# Brings what the studio's tests need: Chromium, and TypeScript and axe-core, which come by npm.
# What cannot be had here is skipped by the tests, with the reason.
set -euo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v npm >/dev/null || missing+=(npm)
if [[ ${#missing[@]} -gt 0 && $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "setup: installing ${missing[*]} for the studio's tests"
    apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
        echo "setup: ${missing[*]} could not be installed" >&2
fi
if command -v npm >/dev/null; then
    npm ci --prefix tests/studio --silent --no-fund --no-audit ||
        echo "setup: TypeScript and axe-core could not be installed" >&2
fi

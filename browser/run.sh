#!/usr/bin/env bash
# The browser tests: run.sh [BINARY] [WORDS...] runs the demo of BINARY (default target/debug/saoma) and every test whose name holds
# one of WORDS. Screenshots go to browser/shots (or $SHOTS). It builds nothing but its own node_modules.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=${1:-"$here/../target/debug/saoma"}
shift || true
[ -x "$binary" ] || { echo "no binary at $binary: build it with: cargo build -p saoma" >&2; exit 2; }
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo "no Chromium at ${CHROMIUM:-/usr/bin/chromium}: install it, or name it with CHROMIUM" >&2; exit 2; }
[ -d "$here/node_modules/playwright-core" ] || (cd "$here" && npm ci --no-audit --no-fund --silent)
exec node "$here/run.mjs" "$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")" "$@"

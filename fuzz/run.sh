#!/usr/bin/env bash
# The long run: every target with coverage, one after the other. usage: fuzz/run.sh [seconds a target, 600] [target ...]
# What it finds is kept in fuzz/artifacts/TARGET; put it into fuzz/seeds/TARGET once it is understood, and it is tried at every test run.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
# The coverage counters need a compiler switch that only a nightly compiler takes by itself; the stable one takes it with this.
export RUSTC_BOOTSTRAP=1
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
failed=()
for target in "${targets[@]}"; do
  printf '\n=== %s\n' "$target"
  mkdir -p "fuzz/corpus/$target"
  cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=32768 -print_final_stats=1 || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || { echo "found something: ${failed[*]}" >&2; exit 1; }

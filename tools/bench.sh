#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh: the long measurements, one at a time so that they do not disturb each other, with their numbers; what the
# call reaches stands in one table at the end.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust

HYPERZOOM_BENCH_TABLE=$(mktemp)
export HYPERZOOM_BENCH_TABLE
trap 'rm -f "$HYPERZOOM_BENCH_TABLE"' EXIT

say 'Measuring (this takes a while, and wants the machine to itself)'
status=0
cargo test --release --locked --test tests bench:: -- --ignored --nocapture --test-threads=1 || status=$?

say 'What the call reaches'
printf '| what | bar | figure | how |\n|---|---|---|---|\n'
cat "$HYPERZOOM_BENCH_TABLE"
exit "$status"

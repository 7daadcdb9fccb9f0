#!/bin/sh
# SPDX-License-Identifier: MIT
# bench.sh: the long measurements, one at a time so that they do not disturb each other, with their numbers.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh
need_rust

say 'Measuring (this takes a while, and wants the machine to itself)'
cargo test --release --locked --test tests bench:: -- --ignored --nocapture --test-threads=1

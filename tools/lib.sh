# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What every tool here shares: one voice, one way to find a Rust that is recent enough.
# Sourced from the repository's root, with `set -eu` in force.

# One line a step; everything said goes to standard error, so that output stays output.
say() { printf '==> %s\n' "$*" >&2; }

# The thing, the cause and the next step; further lines are passed as further arguments.
die() {
    printf 'Error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" >&2
    exit 1
}

# The one place for the minimum is Cargo.toml.
minimum_rust() { sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml; }
minimum_gstreamer() { sed -n 's/^gstreamer *=.*"v\([0-9]*\)_\([0-9]*\)".*/\1.\2/p' Cargo.toml; }

# at_least 1.96.0 1.85: is the first version the second or newer?
at_least() {
    awk -v have="$1" -v want="$2" 'BEGIN {
        split(have, h, /[.-]/); split(want, w, /[.-]/)
        for (i = 1; i <= 3; i++) if (h[i] + 0 != w[i] + 0) exit (h[i] + 0 < w[i] + 0)
        exit 0
    }'
}

# The version of the Rust in a directory, or nothing.
rust_in() {
    [ -x "$1/cargo" ] && "$1/cargo" --version >/dev/null 2>&1 || return 0
    "$1/rustc" --version 2>/dev/null | awk '{ print $2 }'
}

# Puts a directory with a good cargo and rustc first on PATH: whatever is on PATH already when it is recent
# enough, then the places where rustup and packages leave one. Sets RUST_FOUND to the version, or to nothing,
# and RUST_TOO_OLD to the last version that did not do.
find_rust() {
    RUST_FOUND='' RUST_TOO_OLD='' want=$(minimum_rust)
    on_path=$(command -v cargo 2>/dev/null || true)
    for dir in "${on_path%/cargo}" "${HOME:-}/.cargo/bin" /usr/local/bin /usr/bin /usr/lib/rust-*/bin /opt/homebrew/bin; do
        [ -n "$dir" ] || continue
        have=$(rust_in "$dir")
        [ -n "$have" ] || continue
        if at_least "$have" "$want"; then
            RUST_FOUND=$have
            case $PATH in
                "$dir":*) ;;
                *) export PATH="$dir:$PATH" ;;
            esac
            return 0
        fi
        RUST_TOO_OLD=$have
    done
}

# For the tools that come after install.sh: a good Rust, or the sentence that says how to get one.
need_rust() {
    find_rust
    [ -n "$RUST_FOUND" ] && return 0
    if [ -n "$RUST_TOO_OLD" ]; then
        problem="Rust $RUST_TOO_OLD is too old: HyperZoom needs $(minimum_rust) or newer."
    else
        problem="no Rust was found: HyperZoom needs $(minimum_rust) or newer."
    fi
    if command -v rustup >/dev/null 2>&1; then
        die "$problem" 'Update it with:' '    rustup update stable && rustup default stable'
    fi
    die "$problem" 'Get it with the installer from https://rustup.rs and run the same command again.'
}

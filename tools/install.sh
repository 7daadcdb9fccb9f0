#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh run|test: installs what is missing to build and run HyperZoom, or to test it as well.
#
# Asks each package manager package by package, so that a complete machine is left alone: no root, no network.
# Without root and without sudo it prints the one command to run as root, and exits with 1.
set -eu
cd "$(dirname "$0")/.."
. tools/lib.sh

# The column of packages.txt that this machine reads.
system() {
    case $(uname -s) in
        Darwin) echo brew ;;
        MINGW* | MSYS* | CYGWIN*) echo windows ;;
        *)
            if command -v apt-get >/dev/null 2>&1; then echo debian
            elif command -v dnf >/dev/null 2>&1; then echo fedora
            elif command -v pacman >/dev/null 2>&1; then echo arch
            else echo unknown; fi ;;
    esac
}

# The cells of our column for the given purposes, one package (or choice of packages) a line.
wanted() {
    awk -v heading="$1" -v purposes=" $2 " '
        $1 == "#" && $2 == "for" { for (i = 3; i <= NF; i++) if ($i == heading) column = i - 1 }
        /^#/ || NF == 0 { next }
        index(purposes, " " $1 " ") && $column != "-" { gsub(",", "\n", $column); print $column }
    ' tools/packages.txt
}

# Is this one package installed, by the word of the system's own database?
installed() {
    case $SYSTEM in
        debian) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
        fedora) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
        arch) pacman -T "$1" >/dev/null 2>&1 ;;
        brew) brew list --formula --versions "$1" >/dev/null 2>&1 ;;
    esac
}

# Of the wanted packages on standard input, the names of those that are missing.
missing() {
    while read -r choice; do
        found=''
        for name in $(echo "$choice" | tr '|' ' '); do
            if installed "$name"; then found=yes; fi
        done
        [ -n "$found" ] || echo "${choice%%|*}"
    done
}

# Every Debian has the `-web` toolchain, even if its package lists are too old to say so; its descendants that
# do not have it get their own.
known_names() {
    if [ "$SYSTEM" = debian ] && ! grep -qx 'ID=debian' /etc/os-release && ! apt-cache show cargo-web >/dev/null 2>&1; then
        sed -E 's/^(cargo|rustc)-web$/\1/'
    else
        cat
    fi
}

# The whole command that installs the missing packages, to be run by root (brew: by anybody).
command_for() {
    case $SYSTEM in
        # A foreign package list that cannot be fetched need not stop us: what matters is what follows.
        debian)
            echo "apt-get update; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends" \
                "-o DPkg::Lock::Timeout=600 $1" ;;
        fedora) echo "dnf install -y --setopt=install_weak_deps=False $1" ;;
        # A machine that never fetched its package lists needs them; one that did must not half-upgrade.
        arch)
            if ls /var/lib/pacman/sync/*.db >/dev/null 2>&1; then echo "pacman -S --needed --noconfirm $1"
            else echo "pacman -Sy --needed --noconfirm $1"; fi ;;
        brew) echo "brew install $1" ;;
    esac
}

# Runs one command as root, if we are or may become it; if not, prints it for somebody who may.
as_root() {
    if [ "$SYSTEM" = brew ] || [ "$(id -u)" -eq 0 ]; then
        become=''
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        say 'Installing needs root: sudo may ask for your password'
        become=sudo
    else
        die 'installing packages needs root, and sudo is not to be had here. Run this as root, then repeat:' '' "    $1" ''
    fi
    say 'Installing what is missing, which may take a few minutes'
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! $become sh -c "$1" >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        die 'the packages could not be installed; the reason stands above. The command was, as root:' '' "    $1" ''
    fi
}

install_packages() {
    table=$(wanted "$SYSTEM" "$purposes")
    names=$(printf '%s\n' "$table" | known_names | missing | tr '\n' ' ')
    names=${names% }
    [ -n "$names" ] || return 0
    case " $names " in
        *' cargo-web '*)
            if installed cargo || installed rustc; then
                say "cargo-web and rustc-web take the place of this system's own cargo and rustc, which are too old"
            fi ;;
    esac
    say "Missing: $names"
    as_root "$(command_for "$names")"
}

# Whatever brought GStreamer here, the build will ask pkg-config for it: ask first, and say it in a sentence.
check_gstreamer() {
    want=$(minimum_gstreamer)
    for part in gstreamer-1.0 gstreamer-app-1.0 gstreamer-pbutils-1.0; do
        pkg-config --atleast-version="$want" "$part" 2>/dev/null ||
            die "$part $want or newer was not found by pkg-config (found: $(pkg-config --modversion "$part" 2>/dev/null || echo none))." \
                'Install the development files of GStreamer and its base plugins, or use a newer release of this system.'
    done
}

# x264enc comes from RPM Fusion on Fedora. Recording works without it; we say so and do not add repositories.
mention_x264() {
    [ "$SYSTEM" = fedora ] && ! gst-inspect-1.0 --exists x264enc || return 0
    say 'Fedora has no x264enc, so openh264enc records instead, in somewhat lower quality. To have x264enc, enable'
    say 'RPM Fusion (free) as https://rpmfusion.org/Configuration tells, then: sudo dnf install gstreamer1-plugins-ugly'
}

# The tests read our time lines with OpenTimelineIO, which no system packages with its adapters: it gets a corner of
# its own below target/. Where it cannot be had the tests that want it say so and are passed over.
prepare_timeline_reader() {
    reads='import opentimelineio, otio_fcp_adapter, otio_fcpx_xml_adapter, otio_cmx3600_adapter'
    for python in target/otio-venv/bin/python python3; do
        if "$python" -c "$reads" 2>/dev/null; then return 0; fi
    done
    say 'Getting OpenTimelineIO for the tests'
    python3 -m venv target/otio-venv &&
        target/otio-venv/bin/python -m pip install --quiet 'opentimelineio>=0.17' otio-fcp-adapter \
            otio-fcpx-xml-adapter otio-cmx3600-adapter ||
        say 'OpenTimelineIO could not be had; the test that reads time lines back will be passed over.'
}

case ${1:-} in
    run) purposes='build run' ;;
    test) purposes='build run test' ;;
    *) die 'usage: tools/install.sh run|test' ;;
esac

SYSTEM=$(system)
case $SYSTEM in
    windows) die 'on Windows, do what the README says under "Windows"; this command cannot do it for you.' ;;
    brew)
        command -v brew >/dev/null 2>&1 || die 'Homebrew is missing. Get it from https://brew.sh and run this again.'
        cc --version >/dev/null 2>&1 || die 'the compiler is missing. Get it with: xcode-select --install' ;;
esac

find_rust
if [ -z "$RUST_FOUND" ]; then
    # Somebody who has rustup wants their toolchains from it; a packaged rustup also excludes packaged toolchains.
    if command -v rustup >/dev/null 2>&1; then need_rust; fi
    purposes="$purposes rust"
fi

if [ "$SYSTEM" = unknown ]; then
    say 'This system is not one we know the package names of; looking for what is needed instead.'
else
    install_packages
fi
check_gstreamer
mention_x264
need_rust
case " $purposes " in *' test '*) prepare_timeline_reader ;; esac
say "Everything needed is installed (Rust $RUST_FOUND in $(dirname "$(command -v cargo)"), GStreamer $(pkg-config --modversion gstreamer-1.0))."

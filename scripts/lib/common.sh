# What all scripts share. Source it; needs bash and coreutils only.
# shellcheck shell=bash

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# Ends the script with a message on standard error.
die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

# Configures (unless that was done) and builds. Quiet: what the tools said is shown when they fail.
# build FOLDER TARGETS CMAKE_OPTION...    TARGETS: words, or "" for all
build() {
    local folder=$1 targets=$2 log
    shift 2
    log=$(mktemp)
    local -a configure=(cmake -S "$ROOT" -B "$folder" "$@")
    if [[ ! -e $folder/CMakeCache.txt ]]; then
        configure+=(-G Ninja)
        [[ " $* " == *" -DCMAKE_BUILD_TYPE="* ]] || configure+=(-DCMAKE_BUILD_TYPE=RelWithDebInfo)
    fi
    local -a compile=(cmake --build "$folder" --parallel "$(nproc)")
    # shellcheck disable=SC2206 # words
    [[ -z $targets ]] || compile+=(--target $targets)
    if ! "${configure[@]}" >"$log" 2>&1 || ! "${compile[@]}" >>"$log" 2>&1; then
        cat -- "$log" >&2
        rm -f -- "$log"
        die "the build in $folder failed; what cmake said stands above"
    fi
    rm -f -- "$log"
}

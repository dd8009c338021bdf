# The Debian packages that Kruispunt is built, run and tested with. Source it after common.sh.
# shellcheck shell=bash

# To build it, and to run the demo.
# shellcheck disable=SC2034 # for who sources this
BUILD_PACKAGES=(
    cmake ninja-build gcc libc6-dev pkg-config
    protobuf-c-compiler libprotobuf-c-dev libsodium-dev libnng-dev liblmdb-dev libssl-dev
    libinih-dev libcjson-dev libcsv-dev libcunit1-dev libexpat1-dev libarchive-dev libutf8proc-dev
    openssl
)
# To test it besides.
# shellcheck disable=SC2034
TEST_PACKAGES=(valgrind clang-format shellcheck spin python3)

# The names among the arguments that aren't installed, one a line.
missing_packages() {
    local name
    for name in "$@"; do
        # Virtual ones count when something that provides them is there (pkg-config: pkgconf).
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$name"
    done
}

# Installs what is missing: as root, or by sudo. Nothing is touched when nothing is missing.
install_packages() {
    local -a missing as_root=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        printf '%s: not a Debian system, so nothing is installed; needed are: %s\n' \
            "${0##*/}" "$*" >&2
        return 0
    fi
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "these packages are missing: ${missing[*]}
Run this as root, or install sudo, or run as root:
    apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    printf 'Installing %s\n' "${missing[*]}" >&2
    local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update >&2 || die "apt-get update failed; is there a network?"
    "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >&2 ||
        die "apt-get could not install ${missing[*]}"
}

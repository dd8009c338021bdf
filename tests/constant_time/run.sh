#!/bin/sh
# Runs the constant-time check under valgrind, and shows that it would find what it looks for.
# Usage: run.sh PROGRAM
# Exit status: 0 clean; 1 a secret reaches a branch or an address, or the check is blind; 77 skipped.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: run.sh PROGRAM" >&2
    exit 2
fi
program=$1
here=$(dirname "$0")

if ! command -v valgrind >/dev/null; then
    echo "constant_time: skipped, because valgrind is not installed"
    exit 77
fi

check() {
    valgrind --quiet --error-exitcode=99 --suppressions="$here/libraries.supp" "$program" "$@"
}

status=0
check || status=$?
case $status in
0) ;;
77) exit 77 ;; # built without valgrind's header
*) echo "constant_time: FAILED ($status)" >&2; exit 1 ;;
esac

for how in branch index weight; do
    status=0
    check --leaky $how >/dev/null 2>&1 || status=$?
    if [ $status -ne 99 ]; then
        echo "constant_time: the check is blind: a leak by $how was not reported ($status)" >&2
        exit 1
    fi
    echo "constant_time: a leak by $how is reported, as it should"
done

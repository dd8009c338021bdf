#!/usr/bin/env bash
# files.sh ROOT GUIDE: the tables under "Files" in GUIDE (docs/architecture.md) name every source file of the
# rooms, in the room where it is, and no other.
set -euo pipefail
export LC_ALL=C
root=$1 guide=$2

# Lines `room name`, without folders below the room and without endings.
listed() {
    awk '
        /^## / { files = $0 == "## Files" }
        !files { next }
        /^\*\*[a-z\/]+\*\*/ { split($0, part, "[*][*]"); room = part[2]; sub(/\/$/, "", room) }
        /^\| / && !/^\| (file|---) / {
            split($0, cell, "|")
            gsub(/\([^)]*\)/, "", cell[2])
            count = split(cell[2], name, ",")
            for (i = 1; i <= count; i++) {
                gsub(/^ *([a-z0-9_]+\/)*|\.[a-z]+ *$| *$/, "", name[i])
                print room, name[i]
            }
        }' "$guide" | sort -u
}

there() {
    local room
    for room in crypto proto proto/address proto/table node coordinator; do
        find "$root/$room" \( -path "$root/proto/address" -o -path "$root/proto/table" \) ! -path "$root/$room" -prune \
            -o -type f ! -name CMakeLists.txt -printf "$room %f\n"
    done | sed 's/\.[a-z]*$//' | sort -u
}

wrong=$(comm -3 <(listed) <(there))
[[ -n $(listed) && -z $wrong ]] || {
    printf '%s: on the left what no file is called, on the right files that its tables lack:\n%s\n' "$guide" "$wrong" >&2
    exit 1
}
printf '%d files\n' "$(listed | wc -l)"

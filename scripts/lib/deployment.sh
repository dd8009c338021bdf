# A whole deployment on one machine, made and run with the commands that administrators use: a CA,
# keys, certificates, an agreement, configurations, a coordinator and nodes as processes of their own.
# Source it after common.sh; scripts/demo and tests/e2e do.
# shellcheck shell=bash
#
#   FOLDER/ca          the administrators' certificate authority
#   FOLDER/draft.ini   what the agreement is made from, beside everybody's public.ini
#   FOLDER/papers      what officers decided, as files
#   FOLDER/coordinator, FOLDER/leader, FOLDER/opener (where there is a second holder), FOLDER/PARTNER
#                      what stands on each party's own machine: agreement, keys, certificate,
#                      configuration; log, pid and data of a daemon
#
# Before deployment_create these may be set:
KP_BUILD=${KP_BUILD:-$ROOT/build}
KP_SLOW=${KP_SLOW:-1}              # how many times slower than usual this machine or build is
PHASE_SECONDS=${PHASE_SECONDS:-60} # the deadline of each phase of a round
SIGN=${SIGN:-yes}                  # no: the officers don't sign when the agreement is made
KEEP_RUNNING=${KEEP_RUNNING:-no}   # yes: daemons outlive this script
DAEMON_ENVIRONMENT=()              # NAME=VALUE for the daemons
SECOND_HOLDER=${SECOND_HOLDER:-no} # yes: two opening keys; DEPLOYMENT/opener is the second holder's
CANARIES=${CANARIES:-0}            # of the draft
AUDIT_SLOTS=${AUDIT_SLOTS:-0}
COUNT_FIRST=${COUNT_FIRST:-no}     # yes: round 1 only counts
BAG=${BAG:-}                       # folder of an address register: keys are its objects (bag-2)
WORDS=${WORDS:-}                   # file of words, when not those that are built in
ON_REQUEST=()                      # those of PARTNERS that take part on request; they have no file
THREADS=''                         # of every daemon, when not what it takes by itself

COORDINATOR_HOST=coordinator.kruispunt.test
PROJECT='Intervention team, synthetic area'
HOLDER='Project leader'
SECOND='Second holder'
LAST_OIN=0

kruispunt() { "$KP_BUILD/kruispunt" "$@"; }

# ---- Small things -------------------------------------------------------------------------------

# wait_for SECONDS COMMAND...: until it succeeds; 1 when it never did.
wait_for() {
    local end=$((SECONDS + $1 * KP_SLOW))
    shift
    while ! "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || return 1
        sleep 0.1
    done
}

# json_field NAME: its value in the JSON object on standard input, the first such name in the text.
json_field() {
    awk -v name="\"$1\": " '
        BEGIN { RS = "\001" }
        {
            at = index($0, name)
            if (!at) exit 1
            text = substr($0, at + length(name))
            if (substr(text, 1, 1) == "\"") {
                match(text, /^"([^"\\]|\\.)*"/)
                print substr(text, 2, RLENGTH - 2)
            } else {
                match(text, /^[^],}\n]*/)
                print substr(text, 1, RLENGTH)
            }
        }'
}

# A TCP port that nobody listens on at this moment, below those that the system gives out itself.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        # Local address, remote address and state (0A: listening), in hexadecimal.
        if ! cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            grep -q "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$port") [0-9A-F:]* 0A"; then
            printf '%d\n' "$port"
            return
        fi
    done
}

# The folder of a partner. Names have no capitals, so nothing collides.
folder_of() {
    case $1 in
    agreement | ca | coordinator | data | deployment.sh | draft.ini | leader | opener | papers | run | start | stop)
        printf '%s/PARTNER-%s\n' "$DEPLOYMENT" "$1"
        ;;
    *) printf '%s/%s\n' "$DEPLOYMENT" "$1" ;;
    esac
}

config_of() { printf '%s/node.ini\n' "$(folder_of "$1")"; }

# The folders of all daemons, one a line.
daemon_folders() {
    local name
    printf '%s\n' "$DEPLOYMENT/coordinator"
    for name in "${PARTNERS[@]}"; do
        folder_of "$name"
    done
}

# ---- Certificates, keys, agreement --------------------------------------------------------------

# make_ca FOLDER [NAME]
make_ca() {
    mkdir -p -- "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -days 400 \
        -subj "/CN=${2:-Kruispunt test CA}" -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null
}

# sign_certificate CA_FOLDER PARTY_FOLDER: from tls.csr to tls.crt, with ca.crt beside it.
sign_certificate() {
    openssl x509 -req -in "$2/tls.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial \
        -sha256 -days 365 -copy_extensions copy -out "$2/tls.crt" 2>/dev/null &&
        cp -- "$1/ca.crt" "$2/ca.crt"
}

# make_party CA_FOLDER FOLDER KEYGEN_OPTION...: keys and certificate of a party.
make_party() {
    local ca=$1 folder=$2 said
    shift 2
    LAST_OIN=$((LAST_OIN + 1))
    said=$(kruispunt keygen --out "$folder" --oin "$(printf '00000099%012d' "$LAST_OIN")" \
        "$@" 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
    sign_certificate "$ca" "$folder"
}

# make_officer PARTNER: the key of who decides for this partner, in a folder of its own: it would be on
# another machine.
make_officer() {
    local said
    said=$(kruispunt keygen --out "$(folder_of "$1")/officer" --role officer --name "$1" \
        --holder "Officer of $1 (synthetic)" --oin "$(printf '00000099%012d' "$LAST_OIN")" 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
}

# deployment_create FOLDER PARTNER...: the folder, the CA, everybody's keys and certificates.
deployment_create() {
    mkdir -p -- "$1"
    DEPLOYMENT=$(cd -- "$1" && pwd)
    shift
    PARTNERS=("$@")
    local ca=$DEPLOYMENT/ca name
    make_ca "$ca" || return 1
    make_party "$ca" "$DEPLOYMENT/coordinator" --role coordinator --name coordinator \
        --host "$COORDINATOR_HOST" || return 1
    make_party "$ca" "$DEPLOYMENT/leader" --role leader --name "$HOLDER" \
        --project "$PROJECT" --holder "$HOLDER" || return 1
    if [[ $SECOND_HOLDER == yes ]]; then
        make_party "$ca" "$DEPLOYMENT/opener" --role opener --name "$SECOND" \
            --project "$PROJECT" --holder "$SECOND" || return 1
    fi
    for name in "${PARTNERS[@]}"; do
        make_party "$ca" "$(folder_of "$name")" --role node --name "$name" || return 1
        make_officer "$name" || return 1
    done
    deployment_remember
}

# So that deployment_open finds it again.
deployment_remember() {
    {
        printf '# For scripts/lib/deployment.sh.\n'
        printf 'KP_BUILD=%q\n' "$KP_BUILD"
        printf 'PHASE_SECONDS=%q\n' "$PHASE_SECONDS"
        printf 'PORT=%q\n' "${PORT:-}"
        printf 'SECOND_HOLDER=%q\n' "$SECOND_HOLDER"
        printf 'PARTNERS=('
        printf ' %q' "${PARTNERS[@]}"
        printf ' )\n'
    } >"$DEPLOYMENT/deployment.sh"
}

# deployment_open FOLDER: one that was created before.
deployment_open() {
    DEPLOYMENT=$(cd -- "$1" && pwd)
    # shellcheck source=/dev/null
    . "$DEPLOYMENT/deployment.sh"
    # A pid of before the machine was started again may be somebody else's by now.
    local folder pid
    while IFS= read -r folder; do
        pid=$(pid_of "$folder") || continue
        grep -qaF -- "$folder/" "/proc/$pid/cmdline" 2>/dev/null || rm -f -- "$folder/pid"
    done < <(daemon_folders)
}

# postcode_lines POSTCODE...: as a draft has them; a line may not be too long.
postcode_lines() { printf '%s ' "$@" | fold -s -w 200 | sed 's/ *$//; s/^/postcodes = /'; }

# How keys are made, for a draft; and where the command line finds what that takes, for a
# configuration.
key_scheme_lines() {
    if [[ -n $BAG ]]; then
        printf 'key_scheme = bag-2\nregister = %s\n' "$BAG"
    else
        printf 'key_scheme = text-2\n'
    fi
    [[ -z $WORDS ]] || printf 'words = %s\n' "$WORDS"
}
address_lines() {
    [[ -z $BAG ]] || printf 'bag = %s\n' "$BAG"
    [[ -z $WORDS ]] || printf 'words = %s\n' "$WORDS"
}

# draft_agreement POSTCODES ADDRESSES SLOTS ROTATION THRESHOLD: the draft without members. POSTCODES:
# words in one argument.
draft_agreement() {
    cat <<END
[agreement]
project = $PROJECT
purpose = Find the addresses in the area where several partners have an interest (synthetic data)
legal_basis = art. 64 Wet SUWI
controllers = Each partner answers for its own signals; the responsible partner answers residents
category = enforcement
$(postcode_lines $1)
addresses = $2
$(key_scheme_lines)
slots = $3
rotation = $4
threshold = $5
rounds = 100
interval = 1s
discloses = indicators, grounds, observed_on
canaries = $CANARIES
audit_slots = $AUDIT_SLOTS
count_first = $COUNT_FIRST
start = $(date -u -d '2 days ago' +%F)
end = $(date -u -d '180 days' +%F)
retention_days = 30

[coordinator]
operator = Kruispunt demonstration

[leader]
employer = Responsible partner
END
    if [[ $SECOND_HOLDER == yes ]]; then
        printf '\n[second_holder]\nemployer = Supervising partner\n'
    fi
}

# draft_member NAME CODE...
draft_member() {
    local name=$1
    shift
    cat <<END

[member $name]
title = $name (synthetic)
dpia = DPIA of the demonstration
dpo = dpo@$name.example
role = contributes
source = Synthetic register
legal_ground = art. 64 Wet SUWI
END
    printf 'indicator = %s: Synthetic indicator\n' "$@"
}

is_on_request() {
    local name
    for name in "${ON_REQUEST[@]}"; do
        [[ $name != "$1" ]] || return 0
    done
    return 1
}

# draft_member_on_request NAME
draft_member_on_request() {
    cat <<END

[member $1]
title = $1 (synthetic)
dpia = DPIA of the demonstration
dpo = dpo@$1.example
role = on request
END
}

# registrable NAME: passes on the codes, one a line, that a draft can hold, and tells of the others.
registrable() {
    local code count=0
    while IFS= read -r code; do
        if ((++count <= 256)) && [[ $code != *': '* ]]; then
            printf '%s\n' "$code"
        else
            printf '%s: no place in the agreement for the indicator "%s"; its signals do not count\n' \
                "$1" "$code" >&2
        fi
    done
}

# combinations ALL CHOSEN
combinations() {
    local i count=1
    for ((i = 1; i <= $2; i++)); do
        count=$((count * ($1 - $2 + i) / i))
    done
    printf '%d\n' "$count"
}

# fit_canaries THRESHOLD: what every partner submits of CANARIES gets slots of its own in SLOTS. None
# when there would be more groups than an agreement may have.
fit_canaries() {
    local contributing=0 name own
    for name in "${PARTNERS[@]}"; do
        is_on_request "$name" || contributing=$((contributing + 1))
    done
    if (($(combinations "$contributing" "$1") > 1024)); then
        CANARIES=0
    fi
    own=$((2 * CANARIES * $(combinations "$((contributing - 1))" "$(($1 - 1))")))
    SLOTS=$((SLOTS + own))
    ((SLOTS >= 2 * own)) || SLOTS=$((2 * own))
}

# draft_for_files THRESHOLD: writes draft.ini so that it fits FILES, those of PARTNERS in the same
# order (whoever is ON_REQUEST has none): what `kruispunt node check` says of each goes into it. Sets PHASE_SECONDS to what so many
# signals take on two slow cores, and SLOTS.
draft_for_files() {
    local check most=0 sum=0 i found areas=''
    local -a codes members=()
    for i in "${!PARTNERS[@]}"; do
        if is_on_request "${PARTNERS[i]}"; then
            members+=("$(draft_member_on_request "${PARTNERS[i]}")")
            continue
        fi
        check=$(kruispunt node check --quiet ${BAG:+--bag "$BAG"} ${WORDS:+--words "$WORDS"} \
            -- "${FILES[i]}") || return 1
        found=$(sed -n 's/^addresses //p' <<<"$check")
        printf '%-24s %s usable rows, %s bad ones, %s addresses\n' "${PARTNERS[i]}" \
            "$(sed -n 's/^rows //p' <<<"$check")" "$(sed -n 's/^bad_rows //p' <<<"$check")" "$found"
        ((most >= found)) || most=$found
        sum=$((sum + found))
        areas+=$(sed -n 's/^postcode [0-9]* //p' <<<"$check")$'\n'
        mapfile -t codes < <(sed -n 's/^indicator [0-9]* //p' <<<"$check" | registrable "${PARTNERS[i]}")
        ((${#codes[@]} > 0)) || codes=(none)
        members+=("$(draft_member "${PARTNERS[i]}" "${codes[@]}")")
    done
    # Room to grow; and the same number for all, so that it says nothing about any of them.
    SLOTS=$((most + most / 8))
    ((SLOTS >= 16)) || SLOTS=16
    fit_canaries "$1"
    ((sum > SLOTS)) || sum=$SLOTS
    areas=$(sort -u <<<"$areas" | grep . | grep -v 0000) || areas=1000
    {
        draft_agreement "$areas" "$sum" "$SLOTS" "$(((SLOTS + 3) / 4))" "$1"
        printf '\n%s\n' "${members[@]}"
    } >"$DEPLOYMENT/draft.ini"
    PHASE_SECONDS=$(((60 + ${#PARTNERS[@]} * ${#PARTNERS[@]} * SLOTS / 5000) * KP_SLOW))
}

# deployment_agree: from draft.ini and everybody's public.ini to the agreement, given to everybody.
# Fails with what the command said on standard error.
deployment_agree() {
    local name folder
    local -a public=("$DEPLOYMENT/coordinator/public.ini" "$DEPLOYMENT/leader/public.ini")
    if [[ $SECOND_HOLDER == yes ]]; then
        public+=("$DEPLOYMENT/opener/public.ini")
    fi
    for name in "${PARTNERS[@]}"; do
        public+=("$(folder_of "$name")/public.ini")
    done
    local -a officers=()
    for name in "${PARTNERS[@]}"; do
        officers+=("$(folder_of "$name")/officer/public.ini")
    done
    AGREEMENT_HASH=$(kruispunt agreement draft --out "$DEPLOYMENT/agreement" \
        "$DEPLOYMENT/draft.ini" "${public[@]}" "${officers[@]}") || return 1
    AGREEMENT_HASH=${AGREEMENT_HASH##* }
    for folder in "${public[@]%/*}"; do
        cp -- "$DEPLOYMENT/agreement" "$folder/agreement"
    done
    [[ $SIGN == no ]] && return
    for name in "${PARTNERS[@]}"; do
        sign_agreement "$name" "$DEPLOYMENT/agreement" || return 1
    done
}

# officer_config PARTNER: prints the path of the officer's configuration, and writes it.
officer_config() {
    local folder
    folder=$(folder_of "$1")/officer
    # Synthetic partners may test all of a synthetic area, so nobody is warned.
    cat >"$folder/officer.ini" <<END
[officer]
name = $1
officer_key = officer.key
warn_percent = 100
test_mode = yes
END
    printf '%s\n' "$folder/officer.ini"
}

# sign_agreement PARTNER FILE [OPTION...]: its officer accepts; the decision goes to the folder papers,
# out of which give_papers gives it to everybody.
sign_agreement() {
    local name=$1 file=$2 hash said
    shift 2
    mkdir -p -- "$DEPLOYMENT/papers"
    hash=$(kruispunt agreement show --json "$file" | json_field hash) || return 1
    said=$(kruispunt agreement sign "$file" --config "$(officer_config "$name")" --yes "$hash" \
        --out "$DEPLOYMENT/papers/accept-${hash:0:8}-$name" --json "$@" 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
}

# give_papers: all decisions (and later versions) there are, to the coordinator and every node.
give_papers() {
    local name
    local -a papers=("$DEPLOYMENT"/papers/*)
    [[ -e ${papers[0]} ]] || return 0
    kruispunt coordinator agreement --config "$DEPLOYMENT/coordinator/coordinator.ini" \
        "${papers[@]}" >/dev/null || return 1
    for name in "${PARTNERS[@]}"; do
        kruispunt node agreement --config "$(config_of "$name")" "${papers[@]}" >/dev/null || return 1
    done
}

# ---- Configurations -----------------------------------------------------------------------------

# The control socket of the party in FOLDER. The system takes 107 bytes at most for its path, so that
# of a deep folder goes to a short one of its own.
control_of() {
    if ((${#1} <= 90)); then
        printf 'control.sock\n'
        return
    fi
    [[ -e $DEPLOYMENT/run ]] || mktemp -d /tmp/kruispunt.XXXXXX >"$DEPLOYMENT/run"
    printf '%s/%s.sock\n' "$(<"$DEPLOYMENT/run")" "${1##*/}"
}

tls_section() {
    cat <<END

[tls]
ca = ca.crt
certificate = tls.crt
key = tls.key
END
}

log_section() {
    cat <<END

[log]
level = info
format = text
END
}

thread_line() { [[ -z $THREADS ]] || printf 'threads = %s\n' "$THREADS"; }

# configure_coordinator PORT
configure_coordinator() {
    local folder=$DEPLOYMENT/coordinator
    PORT=$1
    {
        cat <<END
[coordinator]
agreement = agreement
agreement_hash = $AGREEMENT_HASH
test_mode = yes
data = data
identity_key = identity.key
store_key = store.key
control = $(control_of "$folder")
listen = tls+tcp://127.0.0.1:$PORT
phase_seconds = $PHASE_SECONDS
END
        thread_line
        tls_section
        log_section
    } >"$folder/coordinator.ini"
}

coordinator_section() {
    cat <<END

[coordinator]
url = tls+tcp://127.0.0.1:$1
server_name = $COORDINATOR_HOST
END
}

# configure_node NAME PORT
configure_node() {
    local folder
    folder=$(folder_of "$1")
    {
        cat <<END
[node]
name = $1
agreement = agreement
agreement_hash = $AGREEMENT_HASH
test_mode = yes
data = data
identity_key = identity.key
box_key = box.key
store_key = store.key
control = $(control_of "$folder")
$(address_lines)
END
        thread_line
        coordinator_section "$2"
        tls_section
        log_section
    } >"$folder/node.ini"
}

# opening_config PORT: prints the configuration of who has an opening key.
opening_config() {
    cat <<END
[leader]
agreement = agreement
agreement_hash = $AGREEMENT_HASH
test_mode = yes
identity_key = identity.key
data = data
store_key = store.key
opening_key = opening.key
box_key = box.key
$(address_lines)
END
    coordinator_section "$1"
    tls_section
}

# configure_leader PORT: the project leader's, and the second holder's where there is one.
configure_leader() {
    opening_config "$1" >"$DEPLOYMENT/leader/leader.ini"
    if [[ $SECOND_HOLDER == yes ]]; then
        opening_config "$1" >"$DEPLOYMENT/opener/opener.ini"
    fi
}

# ---- Daemons ------------------------------------------------------------------------------------

# launch FOLDER PROGRAM CONFIGURATION: in a session of its own, its log and pid in FOLDER. Unless it
# is to be kept running, it ends with this script, however that ends.
launch() {
    local -a guard=()
    [[ $KEEP_RUNNING == yes ]] || guard=(setpriv --pdeathsig KILL --)
    (
        # Nothing that this script was given stays open in a daemon: not its reader's pipe either.
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            ((fd <= 2)) || eval "exec $fd>&-" 2>/dev/null
        done
        exec "${guard[@]}" setsid env "${DAEMON_ENVIRONMENT[@]}" "$2" --config "$3" \
            </dev/null >>"$1/log" 2>&1
    ) &
    printf '%d\n' "$!" >"$1/pid"
    disown "$!" # or the shell would tell when it is killed
}

pid_of() { cat -- "$1/pid" 2>/dev/null; }

# is_alive PID: not when it only waits for its parent to hear of its end. Its first thread may end
# before the others, which then still hold what it had open.
is_alive() {
    local -a threads
    kill -0 "$1" 2>/dev/null || return 1
    threads=("/proc/$1/task"/*)
    [[ ${#threads[@]} -gt 1 || $(cat -- "/proc/$1/stat" 2>/dev/null) != *') Z '* ]]
}

# runs FOLDER
runs() {
    local pid
    pid=$(pid_of "$1") && is_alive "$pid"
}

# stop_in FOLDER: asks it to end, and kills it when it doesn't.
stop_in() {
    local pid i
    pid=$(pid_of "$1") || return 0
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    for ((i = 0; i < 100 * KP_SLOW; i++)); do
        if ! is_alive "$pid"; then
            rm -f -- "$1/pid"
            return 0
        fi
        sleep 0.1
    done
    printf '%s did not end when asked to; killing it\n' "$1" >&2
    if declare -F on_stuck >/dev/null; then # who sources this may want to look at it
        on_stuck "$pid"
    fi
    kill_in "$1"
    return 1
}

# kill_in FOLDER: kill -9, and waits until it is gone.
kill_in() {
    local pid
    pid=$(pid_of "$1") || return 0
    kill -KILL "$pid" 2>/dev/null || true
    while is_alive "$pid"; do
        sleep 0.05
    done
    rm -f -- "$1/pid"
}

coordinator_status() {
    kruispunt coordinator status --config "$DEPLOYMENT/coordinator/coordinator.ini" "$@"
}

node_status() {
    local name=$1
    shift
    kruispunt node status --config "$(config_of "$name")" "$@"
}

# comes_up FOLDER STATUS_COMMAND...: waits until it answers, or has ended.
comes_up() {
    local folder=$1 i
    shift
    for ((i = 0; i < 300 * KP_SLOW; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        runs "$folder" || return 1
        sleep 0.1
    done
    return 1
}

start_coordinator() {
    launch "$DEPLOYMENT/coordinator" "$KP_BUILD/coordinator/kruispunt-coordinator" \
        "$DEPLOYMENT/coordinator/coordinator.ini"
    comes_up "$DEPLOYMENT/coordinator" coordinator_status
}

stop_coordinator() { stop_in "$DEPLOYMENT/coordinator"; }

launch_node() {
    launch "$(folder_of "$1")" "$KP_BUILD/node/kruispunt-node" "$(config_of "$1")"
}

start_node() {
    launch_node "$1"
    comes_up "$(folder_of "$1")" node_status "$1"
}

stop_node() { stop_in "$(folder_of "$1")"; }

# Starts the coordinator for the first time, on a port that is free.
start_coordinator_somewhere() {
    local attempt
    for ((attempt = 0; attempt < 20; attempt++)); do
        configure_coordinator "$(free_port)"
        start_coordinator && return 0
        # Somebody may have been faster; anything else is an error.
        grep -qi 'in use' "$DEPLOYMENT/coordinator/log" || return 1
        : >"$DEPLOYMENT/coordinator/log"
    done
    return 1
}

# deployment_start: all of it, for the first time or again. Says on standard error what failed.
deployment_start() {
    local name
    [[ ! -e $DEPLOYMENT/run ]] || mkdir -p -- "$(<"$DEPLOYMENT/run")"
    if [[ ! -e $DEPLOYMENT/coordinator/coordinator.ini ]]; then
        start_coordinator_somewhere || deployment_failed "$DEPLOYMENT/coordinator" || return 1
        configure_leader "$PORT"
        for name in "${PARTNERS[@]}"; do
            configure_node "$name" "$PORT"
        done
        deployment_remember
    elif ! runs "$DEPLOYMENT/coordinator"; then
        start_coordinator || deployment_failed "$DEPLOYMENT/coordinator" || return 1
    fi
    for name in "${PARTNERS[@]}"; do
        runs "$(folder_of "$name")" || launch_node "$name"
    done
    for name in "${PARTNERS[@]}"; do
        comes_up "$(folder_of "$name")" node_status "$name" ||
            deployment_failed "$(folder_of "$name")" || return 1
    done
    give_papers || return 1
    ((CANARIES == 0)) || wait_canaries
}

# The secrets of canaries come by letter, once, while all nodes run; before that no round begins.
has_canaries() { grep -q 'the secrets of all groups are here' "$(folder_of "$1")/log"; }
wait_canaries() {
    local name
    for name in "${PARTNERS[@]}"; do
        is_on_request "$name" || wait_for 60 has_canaries "$name" ||
            deployment_failed "$(folder_of "$name")" || return 1
    done
}

deployment_failed() {
    printf 'The daemon in %s did not come up. The end of its log:\n' "$1" >&2
    tail -n 20 -- "$1/log" >&2
    return 1
}

# Ends everything that runs; fails when something had to be killed.
deployment_stop() {
    local name status=0
    [[ -n ${DEPLOYMENT:-} ]] || return 0
    for name in "${PARTNERS[@]}"; do
        stop_node "$name" || status=1
    done
    stop_coordinator || status=1
    [[ ! -e $DEPLOYMENT/run ]] || rm -rf -- "$(<"$DEPLOYMENT/run")"
    return "$status"
}

# ---- Signals and rounds -------------------------------------------------------------------------

# import_signals NAME FILE [OPTION...]
import_signals() {
    local name=$1 file=$2
    shift 2
    kruispunt node import --config "$(config_of "$name")" "$@" -- "$file"
}

# round start|status|watch [OPTION...]
round() {
    local command=$1
    shift
    kruispunt round "$command" --config "$DEPLOYMENT/leader/leader.ini" "$@"
}

matches() { kruispunt leader matches --config "$DEPLOYMENT/leader/leader.ini" "$@"; }

# Starts a round and waits for its end. 0: it completed.
run_round() { round start >/dev/null && round watch "$@"; }

# One spelling of matches, in one order: white space and order say nothing. Of an object the postcode
# and what follows it are enough.
tidy_matches() {
    tr -d ' ' <"$1" | sed -e 's/,"test_mode":true,"match":"[0-9-]*"}$/}/' \
        -e 's/,"object":"[0-9]*","area":"[0-9]*","street":"[^"]*","town":"[^"]*"}/}/' | sort
}

# compare_matches FOUND EXPECTED: says how many are missing or too many, and succeeds when none is.
compare_matches() {
    local missing extra
    missing=$(comm -13 <(tidy_matches "$1") <(tidy_matches "$2") | wc -l)
    extra=$(comm -23 <(tidy_matches "$1") <(tidy_matches "$2") | wc -l)
    printf 'Known: %d. Missing: %d. Too many: %d.\n' "$(wc -l <"$2")" "$missing" "$extra"
    ((missing == 0 && extra == 0))
}

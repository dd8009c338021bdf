/* One lineage, three members, rounds by a table: docs/protocol.md, sections 13 and 14.
 *
 * What is modelled, what isn't, and which run shows what stand in README.md beside this. Names are
 * those of node/node_start.c, node_attempt.c, node_release.c, round.c and coordinator/attempt.c.
 *
 * Without HOSTILE: the coordinator keeps to its table, and a mailbox is a queue. FAULTS adds deadlines,
 * restarts of coordinator and members, and members that give up; CLEAN_LAST keeps the last attempt
 * free of them (restarts after READY excepted), which then has to complete.
 *
 * With HOSTILE: coordinator and member 3 are one adversary, which shows messages of members 1 and 2 to whom
 * and in which order it likes, again too, starts attempts as it likes and ends them. */

#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef FAULTS
#define FAULTS 0 /* restarts, deadlines and members that give up, all together */
#endif
#define ROUNDS 2 /* counters 1 and 2 */
#ifdef HOSTILE
#define HONEST 2
#else
#define HONEST 3
#endif

#define BIT(i) (1 << (i))
#define ALL 7
#define OTHERS(m) (ALL & ~BIT(m))

mtype = {START, HELLO1, HELLO2, POINTS, EVALUATION, READY, COMPLETE, ABORT};

#define IDLE 0
#define IN_HELLO1 1
#define IN_HELLO2 2
#define IN_EVALUATE 3
#define IN_READY 4
#define IN_RELEASE 5
#define IN_MATCH 6

/* Members. On disk: attempt, proven, used, written (with counted), released. The rest is memory. */
byte phase[3];    /* IN_READY: READY and release are written down, k is wiped */
byte attempt[3];  /* 0: in none */
byte proven[3];   /* the highest counter that is proven to this member */
byte used[3];     /* attempts that were begun since then */
byte key[3];      /* the attempt whose round key lives in this member's memory; 0: none */
byte got1[3], got2[3], points[3], evaluated[3]; /* from whom: bits */
byte counted[3];  /* whose READY is there */
bool written[3];  /* the release is on disk */
bool to_put[3];   /* READY, or the release, waits in the outbox */
byte abort_of[3]; /* ABORT of this attempt waits in the outbox */
bool stopped[3];  /* this node knows that its agreement is revoked or expired */
byte counter_of[ATTEMPTS + 1];

/* What the properties need to remember. */
byte left_in[ROUNDS + 1]; /* the attempt at this counter whose tags left */

/* Which counters were reached. */
#ifdef HOSTILE
byte sentr[ATTEMPTS + 1]; /* who signed READY in this attempt */
/* Both honest READYs for a counter exist, in one attempt. */
#define IN_ATTEMPT(counter, b) (counter_of[b] == (counter) && (sentr[b] & 3) == 3)
#if ATTEMPTS == 2
#define REACHED(counter) ((counter) == 0 || IN_ATTEMPT(counter, 1) || IN_ATTEMPT(counter, 2))
#else
#define REACHED(counter) ((counter) == 0 || IN_ATTEMPT(counter, 1) || IN_ATTEMPT(counter, 2) || IN_ATTEMPT(counter, 3))
#endif
#else
byte released; /* the highest counter whose READYs are all on the coordinator's disk */
#define REACHED(counter) ((counter) <= released)
#endif

/* ---- Properties that are assertions ---- */

#define COUNTER(m) counter_of[attempt[m]]

/* A tag leaves m: no honest key of this attempt lives; no other attempt at this counter had tags leave. */
inline tag_leaves(m)
{
    assert(key[0] != attempt[m] && key[1] != attempt[m] && key[2] != attempt[m]);
    assert(left_in[COUNTER(m)] == 0 || left_in[COUNTER(m)] == attempt[m]);
    assert(!stopped[m]);
#ifdef NO_TAG_EVER_LEAVES
    assert(COUNTER(m) < ROUNDS); /* control: both counters are reached */
#endif
    left_in[COUNTER(m)] = attempt[m]
}

/* A counter is proven to m: never one that is lower, nor one that wasn't reached; nor one that the
 * coordinator doesn't know, for then every START would come with a counter that m refuses. */
inline prove(m, counter)
{
    assert(counter >= proven[m] && REACHED(counter));
    proven[m] = counter
}

/* ---- A member ---- */

inline drop_attempt(m)
{
    phase[m] = IDLE; attempt[m] = 0; key[m] = 0; written[m] = false; to_put[m] = false;
    got1[m] = 0; got2[m] = 0; points[m] = 0; evaluated[m] = 0; counted[m] = 0
}

/* kp_node_abort */
inline give_up(m)
{
    say_abort(m, attempt[m]);
    drop_attempt(m)
}

/* kp_node_ready, release_when_complete */
inline when_complete(m)
{
    if
#ifdef RELEASE_BEFORE_ALL_READY
    :: phase[m] == IN_READY && (counted[m] & BIT(m)) && counted[m] != BIT(m) ->
#else
    :: phase[m] == IN_READY && counted[m] == ALL ->
#endif
        prove(m, COUNTER(m));
        used[m] = 0;
        phase[m] = IN_RELEASE;
        to_put[m] = true
    :: else
    fi
}

/* round_evaluate.c: when it has answered everybody, k goes; when all evaluations are in besides, READY is
 * written down with the release, and waits to be put. */
inline advance(m)
{
    if
    :: phase[m] == IN_EVALUATE && points[m] == OTHERS(m) ->
#ifndef KEEP_KEY_AFTER_READY
        key[m] = 0;
#endif
        if
        :: evaluated[m] == OTHERS(m) ->
            phase[m] = IN_READY; written[m] = true; to_put[m] = true;
#ifdef COUNT_OWN_READY_AT_ONCE
            counted[m] = counted[m] | BIT(m);
#endif
            when_complete(m)
        :: else
        fi
    :: else
    fi
}

#ifdef IGNORE_REVOCATION
#define STOPPED(m) false
#else
#define STOPPED(m) stopped[m]
#endif
#ifdef ACCEPT_OLD_COUNTER
#define OLD_COUNTER(m, a) false
#else
#define OLD_COUNTER(m, a) (counter_of[a] <= proven[m])
#endif

/* START, in the order of check_start, mark and begin. proof: the READYs for the counter before are shown. */
inline on_start(m, a, proof)
{
    if
    :: attempt[m] == a /* delivered again */
    :: attempt[m] != a && (OLD_COUNTER(m, a) || (counter_of[a] > proven[m] + 1 && !(proof)) || STOPPED(m)) ->
        drop_attempt(m);
        say_abort(m, a)
    :: else ->
        if
        :: counter_of[a] > proven[m] + 1 -> prove(m, counter_of[a] - 1); used[m] = 0
        :: else
        fi;
        if
#ifndef FORGET_ATTEMPT_IDS
        :: used[m] & BIT(a) /* begun before: no effect */
#endif
        :: else ->
            assert(!stopped[m]);
            drop_attempt(m);
            used[m] = used[m] | BIT(a);
            attempt[m] = a; key[m] = a; phase[m] = IN_HELLO1;
            send_to_all(m, HELLO1)
        fi
    fi
}

inline answer(m, from)
{
    assert(key[m] == attempt[m]);
    points[m] = points[m] | BIT(from);
    send_evaluation(m, from)
}

/* HANDLERS of node/round.c; what isn't in the table is refused. */
inline take(m, type, from, a)
{
    if
    :: attempt[m] == 0 /* of an attempt that is over */
    :: attempt[m] != 0 && a != attempt[m] ->
        /* The end of a later attempt, whose START this member never saw, is the end of this one. */
        if
#ifndef ONLY_ITS_OWN_END
        :: type == ABORT || type == COMPLETE -> drop_attempt(m)
#endif
        :: else
        fi
    :: else ->
        if
        :: type == HELLO1 && phase[m] == IN_HELLO1 && !(got1[m] & BIT(from)) ->
            got1[m] = got1[m] | BIT(from);
            if
            :: got1[m] == OTHERS(m) -> phase[m] = IN_HELLO2; send_to_all(m, HELLO2)
            :: else
            fi
        :: type == HELLO2 && phase[m] == IN_HELLO2 && !(got2[m] & BIT(from)) ->
            got2[m] = got2[m] | BIT(from);
            if
            :: got2[m] == OTHERS(m) ->
                phase[m] = IN_EVALUATE;
                send_to_all(m, POINTS);
                /* points that came in hello 2 are answered now */
                if
                :: points[m] & BIT(0) -> answer(m, 0)
                :: else
                fi;
                if
                :: points[m] & BIT(1) -> answer(m, 1)
                :: else
                fi;
                if
                :: points[m] & BIT(2) -> answer(m, 2)
                :: else
                fi;
                advance(m)
            :: else
            fi
        :: type == POINTS && phase[m] == IN_HELLO2 && !(points[m] & BIT(from)) ->
            points[m] = points[m] | BIT(from)
        :: type == POINTS && phase[m] == IN_EVALUATE && !(points[m] & BIT(from)) ->
            answer(m, from);
            advance(m)
        :: type == EVALUATION && phase[m] == IN_EVALUATE && !(evaluated[m] & BIT(from)) ->
            evaluated[m] = evaluated[m] | BIT(from);
            advance(m)
        :: type == READY && phase[m] == IN_EVALUATE && !(counted[m] & BIT(from)) && from != m ->
            counted[m] = counted[m] | BIT(from)
        :: type == READY && phase[m] == IN_READY && !(counted[m] & BIT(from)) ->
            counted[m] = counted[m] | BIT(from);
            when_complete(m)
        :: type == COMPLETE && phase[m] == IN_RELEASE -> drop_attempt(m)
        :: type == ABORT -> drop_attempt(m)
        :: else ->
            too_early(m, type)
        fi
    fi
}

/* kp_node_recover: before READY the attempt is over, after it the member goes on with what is on disk. */
inline restart(m)
{
    abort_of[m] = 0;
    if
    :: attempt[m] != 0 && !written[m] ->
#ifdef NO_WORD_AFTER_RESTART
        key[m] = 0 /* and goes on waiting, without a key */
#else
        give_up(m)
#endif
    :: attempt[m] != 0 && written[m] ->
        key[m] = 0; got1[m] = 0; got2[m] = 0; points[m] = 0; evaluated[m] = 0;
        to_put[m] = true; /* READY again, or all of the release again */
        when_complete(m)
    :: else
    fi
}

#ifndef HOSTILE

/* ---- The coordinator, as in its table ---- */

chan mailbox[3] = [16] of {mtype, byte, byte};

/* On disk: released, current, mailboxes; the rest is memory. */
byte current;  /* the number of the last attempt */
byte at;       /* its phase; IDLE: it is over */
byte have1, have2, havep, have_ready, have_release;
short havee;   /* evaluations: bit 3 * evaluator + owner */
byte completed;
byte faults;

#define CLEAN (CLEAN_LAST_IS && current == ATTEMPTS)
#ifdef CLEAN_LAST
#define CLEAN_LAST_IS 1
#else
#define CLEAN_LAST_IS 0
#endif

inline post(type, from, to_all)
{
    if
    :: (to_all) || from != 0 -> mailbox[0]!type, from, current
    :: else
    fi;
    if
    :: (to_all) || from != 1 -> mailbox[1]!type, from, current
    :: else
    fi;
    if
    :: (to_all) || from != 2 -> mailbox[2]!type, from, current
    :: else
    fi
}

inline clear_mailboxes()
{
    do
    :: nempty(mailbox[0]) -> mailbox[0]?_, _, _
    :: empty(mailbox[0]) && nempty(mailbox[1]) -> mailbox[1]?_, _, _
    :: empty(mailbox[0]) && empty(mailbox[1]) && nempty(mailbox[2]) -> mailbox[2]?_, _, _
    :: empty(mailbox[0]) && empty(mailbox[1]) && empty(mailbox[2]) -> break
    od
}

/* write_end, forget_round */
inline end_attempt()
{
    at = IDLE; have1 = 0; have2 = 0; havep = 0; havee = 0; have_ready = 0; have_release = 0;
    clear_mailboxes();
#ifndef NO_ABORT_RELAY
    post(ABORT, 0, true)
#endif
}

#define EVALUATED_BY(m) (((havee >> (3 * (m))) & 7) == OTHERS(m))

/* phase_done, again and again */
inline next_phase()
{
    do
    :: at == IN_HELLO1 && have1 == ALL -> at = IN_HELLO2
    :: at == IN_HELLO2 && have2 == ALL -> at = IN_EVALUATE
    :: at == IN_EVALUATE && havep == ALL && EVALUATED_BY(0) && EVALUATED_BY(1) && EVALUATED_BY(2) ->
        at = IN_READY
    :: at == IN_READY && have_ready == ALL -> at = IN_RELEASE
    :: at == IN_RELEASE && have_release == ALL -> at = IN_MATCH
    :: else -> break
    od
}

inline say_abort(m, a)
{
    abort_of[m] = a
}

/* A message of m about its attempt: kp_attempt_receive with HANDLERS of coordinator/attempt.c, in the
 * transaction of kp_conduct_put. An honest member's message of the open attempt is never refused, but for
 * a READY that comes again after a restart. */
inline send_to_all(m, type)
{
    if
    :: at != IDLE && attempt[m] == current ->
        if
        :: type == HELLO1 && at == IN_HELLO1 -> have1 = have1 | BIT(m)
        :: type == HELLO2 && at == IN_HELLO2 && have1 == ALL -> have2 = have2 | BIT(m)
        :: type == POINTS && (at == IN_HELLO2 || at == IN_EVALUATE) && (have2 & BIT(m)) ->
            havep = havep | BIT(m)
        :: else -> assert(false)
        fi;
        post(type, m, false);
        next_phase()
    :: else
    fi
}

inline send_evaluation(m, owner)
{
    if
    :: at != IDLE && attempt[m] == current ->
        assert((at == IN_HELLO2 || at == IN_EVALUATE) && (havep & BIT(owner)));
        havee = havee | BIT(3 * m + owner);
        mailbox[owner]!EVALUATION, m, current;
        next_phase()
    :: else
    fi
}

inline put_ready(m)
{
    if
    :: at != IDLE && attempt[m] == current && !(have_ready & BIT(m)) ->
        assert((at == IN_HELLO2 || at == IN_EVALUATE || at == IN_READY) && (havep & BIT(m)) &&
               EVALUATED_BY(m));
        have_ready = have_ready | BIT(m);
        post(READY, m, true);
        next_phase();
        if
        :: have_ready == ALL -> assert(counter_of[current] == released + 1); released = counter_of[current]
        :: else
        fi
    :: else
    fi
}

inline put_release(m)
{
    tag_leaves(m);
    if
    :: at != IDLE && attempt[m] == current ->
        assert(at == IN_RELEASE || (at == IN_MATCH && (have_release & BIT(m))));
        have_release = have_release | BIT(m);
        next_phase()
    :: else
    fi
}

/* The queue keeps the order of causes, so nothing comes before its turn. */
inline too_early(m, type)
{
    assert(type == READY) /* its own, when it was restarted and sent it again */
}

active [3] proctype member()
{
    byte from, a;
    mtype type;
end:
    do
    :: atomic { nempty(mailbox[_pid]) ->
            mailbox[_pid]?type, from, a;
            if
            :: type == START -> on_start(_pid, a, released >= counter_of[a] - 1)
            :: else -> take(_pid, type, from, a)
            fi;
            type = 0; from = 0; a = 0
        }
    :: atomic { to_put[_pid] ->
            to_put[_pid] = false;
            if
            :: phase[_pid] == IN_READY -> put_ready(_pid)
            :: phase[_pid] == IN_RELEASE -> put_release(_pid)
            fi
        }
    :: atomic { abort_of[_pid] != 0 ->
            if
            :: at != IDLE && at < IN_MATCH && abort_of[_pid] == current -> end_attempt()
            :: else
            fi;
            abort_of[_pid] = 0
        }
#if FAULTS
    :: atomic { faults < FAULTS && (!CLEAN || attempt[_pid] != current || written[_pid]) &&
                !(CLEAN && attempt[_pid] == 0) ->
            faults++;
            restart(_pid)
        }
    :: atomic { faults < FAULTS && attempt[_pid] != 0 && !CLEAN -> faults++; give_up(_pid) }
#endif
    od
}

active proctype coordinator()
{
end:
    do
    /* The leader asks for a round. */
    :: atomic { at == IDLE && current < ATTEMPTS && released < ROUNDS ->
            current++;
            counter_of[current] = released + 1;
            at = IN_HELLO1;
            clear_mailboxes();
            post(START, 0, true)
        }
    :: atomic { at == IN_MATCH ->
            at = IDLE; have1 = 0; have2 = 0; havep = 0; havee = 0; have_ready = 0; have_release = 0;
            completed = current;
            post(COMPLETE, 0, true)
        }
#if FAULTS
    /* A deadline, or a restart: the attempt is over for everybody. */
    :: atomic { faults < FAULTS && at != IDLE && !CLEAN -> faults++; end_attempt() }
#endif
    od
}

/* When nothing moves and an attempt goes on, its deadline passes. When nothing can happen any more:
 * nobody is in an attempt, nothing waits, no key lives. */
active proctype at_the_end()
{
    do
    :: atomic { timeout && at != IDLE -> assert(FAULTS != 0 && !CLEAN); end_attempt() }
    :: atomic { timeout && at == IDLE -> break }
    od;
    assert(at == IDLE && empty(mailbox[0]) && empty(mailbox[1]) && empty(mailbox[2]));
    assert(attempt[0] == 0 && attempt[1] == 0 && attempt[2] == 0);
    assert(key[0] == 0 && key[1] == 0 && key[2] == 0);
    assert(!written[0] && !written[1] && !written[2]);
    assert(current == ATTEMPTS || released == ROUNDS);
#if FAULTS == 0 || defined(CLEAN_LAST)
    assert(current < ATTEMPTS || completed == current)
#endif
}

#else

/* ---- An adversary that is coordinator and member 3 ---- */

byte sent1[ATTEMPTS + 1], sent2[ATTEMPTS + 1], sentp[ATTEMPTS + 1];
byte sente[ATTEMPTS + 1]; /* bit: the evaluator; to the other honest one */
byte faults;

inline send_to_all(m, type)
{
    if
    :: type == HELLO1 -> sent1[attempt[m]] = sent1[attempt[m]] | BIT(m)
    :: type == HELLO2 -> sent2[attempt[m]] = sent2[attempt[m]] | BIT(m)
    :: type == POINTS -> sentp[attempt[m]] = sentp[attempt[m]] | BIT(m)
    fi
}

inline send_evaluation(m, owner)
{
    if
    :: owner != 2 -> sente[attempt[m]] = sente[attempt[m]] | BIT(m)
    :: else
    fi
}

inline too_early(m, type)
{
    skip
}

inline say_abort(m, a)
{
    skip /* the adversary may end attempts without it */
}

#ifdef ADOPT_WITHOUT_PROOF
#define PROOF(a) true
#else
#define PROOF(a) REACHED(counter_of[a] - 1)
#endif

active proctype adversary()
{
    byte m, a, from;
    mtype type;
    atomic {
        /* which counters the attempts are said to have */
        a = 1;
        do
        :: a <= ATTEMPTS ->
            if
            :: counter_of[a] = 1
            :: counter_of[a] = 2
            fi;
            a++
        :: else -> break
        od;
        a = 0
    }
end:
    do
    :: atomic {
            if
            :: m = 0
            :: m = 1
            fi;
            a = 1;
            do
            :: a < ATTEMPTS -> a++
            :: break
            od;
            if
            :: true -> on_start(m, a, PROOF(a))
            :: attempt[m] == a ->
                if
                :: from = 1 - m
                :: from = 2
                :: from = m
                fi;
                if
                :: from != m && (from == 2 || (sent1[a] & BIT(from))) -> type = HELLO1
                :: from != m && (from == 2 || (sent2[a] & BIT(from))) -> type = HELLO2
                :: from != m && (from == 2 || (sentp[a] & BIT(from))) -> type = POINTS
                :: from != m && (from == 2 || (sente[a] & BIT(from))) -> type = EVALUATION
                :: from == 2 || (sentr[a] & BIT(from)) -> type = READY
                :: from == m -> type = ABORT
                :: from == m -> type = COMPLETE
                :: else -> type = START /* nothing to show */
                fi;
                if
                :: type != START -> take(m, type, from, a)
                :: else
                fi
            :: else
            fi;
            type = 0;
            m = 0; a = 0; from = 0
        }
    od
}

active [2] proctype honest()
{
    byte m = _pid - 1;
end:
    do
    :: atomic { to_put[m] ->
            to_put[m] = false;
            if
            :: phase[m] == IN_READY ->
                assert(!stopped[m]);
                sentr[attempt[m]] = sentr[attempt[m]] | BIT(m)
            :: phase[m] == IN_RELEASE -> tag_leaves(m)
            fi
        }
    :: atomic { faults < FAULTS -> faults++; restart(m) }
    /* The officer revokes, or the term ends by this member's clock: what goes on is dropped. */
    :: atomic { !stopped[m] ->
            stopped[m] = true;
#ifndef IGNORE_REVOCATION
            drop_attempt(m)
#endif
        }
    od
}

#endif

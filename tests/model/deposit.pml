/* What a member put, what the coordinator signed for, and who is named when something is missing:
 * docs/protocol.md, sections 9, 13 and 28. What is modelled and which run shows what: README.md beside this.
 *
 * One member, one attempt, two phases: message 1 belongs to the first, 2 and 3 to the second. A chain of
 * digests is a number here: the member knows what it put, so a chain that isn't its own shows.
 *
 * Without more: both keep to their program; connections break, the coordinator restarts, deadlines pass.
 * HOSTILE_COORDINATOR: it says and signs what it likes. HOSTILE_MEMBER: it puts what it likes, and shows of
 * what the coordinator signed what it likes. */

#ifndef FAULTS
#define FAULTS 3
#endif
#define NEED(phase) ((phase) == 1 -> 1 : 3)
#define NOTHING 15

/* The member's disk. */
byte acknowledged;  /* so many messages are delivered, as far as it knows */
byte receipt;       /* so many are in its receipt */
byte receipt_phase; /* and the phase in it */
/* In flight: one PUT, of messages up to this number; the answer. */
byte put;           /* 0: none */
byte answer = NOTHING; /* else last_put */
byte answer_count, answer_phase;
bool asking;        /* OPEN after a connection broke */

/* The coordinator's disk. */
byte taken;         /* messages of this member that took effect */
byte at = 1;        /* the phase; 3: the match; 4: over */
byte list[3];       /* by phase: 0 none, else 1 + count */
bool late[3];
/* What it ever signed, by the phase in it: the highest count. */
byte signed_for[5];

byte faults;

/* The rule of `verify verdict`: does a receipt show more than this list? */
#ifdef PHASE_RULE
#define CONTRADICTS(count, phase, p) (list[p] != 0 && (count) > list[p] - 1 && (phase) <= p)
#else
#define CONTRADICTS(count, phase, p) \
    (list[p] != 0 && (count) > list[p] - 1 && (late[p] || (phase) <= p))
#endif

/* ---- A coordinator that keeps to its program ---- */

#ifndef HOSTILE_COORDINATOR

inline never_against_itself(count, phase)
{
    assert(!CONTRADICTS(count, phase, 1) && !CONTRADICTS(count, phase, 2))
}

/* The list of a phase is made in the transaction that ends it. */
inline make_list(p, count)
{
    list[p] = 1 + (count);
    late[p] = (count) < NEED(p);
    never_against_itself(signed_for[1], 1);
    never_against_itself(signed_for[2], 2);
    never_against_itself(signed_for[3], 3);
    never_against_itself(signed_for[4], 4)
}

inline sign(count, phase)
{
    if
    :: (count) > signed_for[phase] -> signed_for[phase] = count
    :: else
    fi;
    answer_count = count;
    answer_phase = phase;
    never_against_itself(count, phase)
}

#ifdef TAKES_AFTER_THE_LIST
#define OPEN_STILL (at <= 3)
#else
#define OPEN_STILL (at <= 2)
#endif

/* One message: with effect in its phase, once and in order; what isn't, is refused and never signed for. */
inline take(number)
{
    if
    :: OPEN_STILL && number == taken + 1 && (number == 1 || at >= 2) ->
        taken = number;
        if
        :: at == 1 -> make_list(1, taken); at = 2
        :: at == 2 && taken == 3 -> make_list(2, taken); at = 3
        :: else
        fi
    :: else
    fi
}

inline end_attempt(count)
{
    if
    :: at == 1 || at == 2 -> make_list(at, count)
    :: else
    fi;
    at = 4
}

active proctype coordinator()
{
    byte n, before;
end:
    do
    :: atomic { put != 0 && answer == NOTHING ->
            before = at;
#ifdef SIGN_BEFORE_DISK
            if
            :: at <= 2 && put > taken -> sign(put, before) /* and a restart may come now */
            :: else -> sign(taken, before)
            fi;
            answer = answer_count;
        }
        atomic {
#endif
            n = 1;
            do
            :: n <= put -> take(n); n++
            :: else -> break
            od;
            n = 0;
#ifndef SIGN_BEFORE_DISK
#ifdef PHASE_BEFORE_PUT
            sign(taken, before);
#else
            sign(taken, at);
#endif
            answer = taken;
#endif
            put = 0; before = 0
        }
    :: atomic { asking && answer == NOTHING ->
            asking = false;
            sign(taken, at);
#ifdef NO_RECEIPT_AT_OPEN
            answer_count = 0;
#endif
            answer = taken
        }
    /* A deadline: the release is matched without the late, any other phase ends the attempt. */
    :: atomic { faults < FAULTS && at <= 2 ->
            faults++;
            if
            :: at == 2 -> make_list(2, taken); at = 3
            :: else -> end_attempt(taken)
            fi
        }
    :: atomic { at == 3 -> at = 4 }
    od
}

/* A restart, at any moment between two transactions: what was in flight is gone, the attempt is over. */
active proctype restart()
{
end:
    do
    :: atomic { faults < FAULTS && at < 4 ->
            faults++;
            asking = asking || put != 0 || answer != NOTHING;
            put = 0; answer = NOTHING; answer_count = 0; answer_phase = 0;
#ifdef LIST_FROM_MEMORY
            end_attempt(0)
#else
            end_attempt(taken)
#endif
        }
    od
}

#else

/* ---- A coordinator that says and signs what it likes ---- */

active proctype adversary()
{
    byte n, m, p;
end:
    do
    :: atomic { (put != 0 || asking) && answer == NOTHING ->
            n = 0; m = 0; p = 1;
            do
            :: n < 3 -> n++
            :: break
            od;
            do
            :: m < 3 -> m++
            :: break
            od;
            do
            :: p < 4 -> p++
            :: break
            od;
            answer = n; answer_count = m; answer_phase = p; put = 0; asking = false;
            n = 0; m = 0; p = 0
        }
    :: atomic { at < 3 -> at++ }
    /* A list in which the member is late. */
    :: atomic {
            if
            :: p = 1
            :: p = 2
            fi;
            n = 0;
            do
            :: n < 2 -> n++
            :: break
            od;
            if
            :: list[p] == 0 && n < NEED(p) -> list[p] = 1 + n; late[p] = true
            :: else
            fi;
            n = 0; p = 0
        }
    od
}

#endif

/* ---- Members ---- */

#ifndef HOSTILE_MEMBER

/* Delivered is only what a receipt shows, whatever last_put says. */
inline on_answer()
{
    if
#ifdef BELIEVE_LAST_PUT
    :: answer > acknowledged ->
        acknowledged = answer;
        if
        :: answer_count > receipt -> receipt = answer_count; receipt_phase = answer_phase
        :: else
        fi
#else
    :: answer == answer_count && answer > acknowledged ->
        acknowledged = answer; receipt = answer_count; receipt_phase = answer_phase
#endif
    :: else
    fi;
    answer = NOTHING; answer_count = 0; answer_phase = 0
}

/* Who has delivered all of a phase, and is late in its list, holds what shows that it wasn't. */
#define CLEARED(p) (!late[p] || acknowledged < NEED(p) || CONTRADICTS(receipt, receipt_phase, p))

active proctype member()
{
end:
    do
    :: atomic { put == 0 && !asking && answer == NOTHING && at < 4 && acknowledged < (at == 1 -> 1 : 3) ->
            if
            :: put = acknowledged + 1
            :: at >= 2 -> put = 3
            fi
        }
    :: atomic { answer != NOTHING ->
            on_answer();
            assert(CLEARED(1) && CLEARED(2))
        }
#ifdef HOSTILE_COORDINATOR
    :: atomic { late[1] || late[2] -> assert(CLEARED(1) && CLEARED(2)) }
#endif
    /* The connection breaks: what was in flight may have been taken, and its answer is lost. */
    :: atomic { faults < FAULTS && (put != 0 || answer != NOTHING) ->
            faults++;
            put = 0; answer = NOTHING; answer_count = 0; answer_phase = 0;
            asking = true
        }
    od
}

#ifndef HOSTILE_COORDINATOR
/* When nothing can happen any more: nobody was late while nothing went wrong; and who wasn't late holds
 * a receipt for everything. */
active proctype at_the_end()
{
    timeout;
    assert(at == 4 && CLEARED(1) && CLEARED(2));
    assert(faults != 0 || (!late[1] && !late[2]));
    assert(late[1] || late[2] || receipt == 3);
#ifdef NOBODY_IS_EVER_LATE
    assert(!late[1] && !late[2]) /* control */
#endif
}
#endif

#else

/* It puts what it likes, again, too early, too late; each answer is a receipt that it may show. What it
 * can show is in signed_for. */
active proctype member()
{
end:
    do
    :: atomic { put == 0 && answer == NOTHING ->
            if
            :: put = 1
            :: put = 2
            :: put = 3
            :: asking = true
            fi
        }
    :: atomic { answer != NOTHING -> answer = NOTHING; answer_count = 0; answer_phase = 0 }
    od
}

#endif

/* A match is opened by two holders: docs/protocol.md, sections 11.2 and 26; the hand-out rule is that of
 * section 22. What is modelled, what isn't, and which run shows what stand in README.md beside this.
 *
 * One round with one group of the results. Which records it has, and what is wrong with them, is chosen at
 * the start: also what no honest coordinator would give, so a leaf that didn't match is among it.
 *
 * Without more: both holders keep to their program, and so does the coordinator. HOSTILE_HOLDER: holder 2
 * is an adversary. HOSTILE_COORDINATOR: holder 2 and the coordinator are one. FAULTS: restarts. */

#ifndef FAULTS
#define FAULTS 2
#endif
#define T 2

/* A record of the group. Public is what everybody can check before a partial decryption is made: path to
 * READY, share under the tag, outer layer, proof beside E. */
#define ABSENT 0
#define PUBLIC_BAD 1
#define CONTENT_BAD 2
#define VALID 3
byte record[3];

#define IS(r, what) (record[r] == (what) -> 1 : 0)
#define ABOVE(r, what) (record[r] > (what) -> 1 : 0)
#define PUBLIC_OK (ABOVE(0, PUBLIC_BAD) + ABOVE(1, PUBLIC_BAD) + ABOVE(2, PUBLIC_BAD))
#define ALL_VALID (IS(0, VALID) + IS(1, VALID) + IS(2, VALID))

/* A holder's partial decryptions, as a letter. */
#define NONE 0
#define GOOD 1
#define FALSE_ONE 2 /* the proof doesn't hold */

/* Holders. On disk: logged, outbox. At the coordinator's disk: letter, act, given. */
bool logged[2];   /* the act is in this holder's log */
bool outbox[2];   /* partial decryptions are on disk, to be put */
byte got[2];      /* the other's, in memory */
bool fetched[2];  /* memory: the results are verified */
bool read[2];     /* whoever runs this has combined both */
bool shown[2];
byte letter[2];   /* at the coordinator */
bool act[2];      /* the signed log entry came with the letter */
bool given[2];    /* the coordinator's log: this holder was given the other's */
bool named;       /* a record's owner is named for its content */
bool verdict;     /* a verdict with the holders' partials left a program */
byte faults;

/* ---- A holder ---- */

/* Results are verified, then the act is logged and what will leave is on disk, in one transaction. */
inline open_own(h)
{
#ifndef PARTIAL_BEFORE_CHECKS
    if
    :: PUBLIC_OK >= T ->
#endif
        assert(PUBLIC_OK >= T); /* no partial decryption of what isn't a match */
        fetched[h] = true;
#ifndef LOG_LATER
        logged[h] = true;
#endif
        outbox[h] = true
#ifndef PARTIAL_BEFORE_CHECKS
    :: else
    fi
#endif
}

/* The other's partial decryptions: each proof is checked before anything is combined. */
inline combine(h)
{
    if
#ifndef BELIEVE_PARTIAL
    :: got[h] == FALSE_ONE -> got[h] = NONE /* names the holder; nothing is shown */
#endif
    :: else ->
        assert(logged[0] && logged[1]); /* neither reads without the other's logged act, nor its own */
        read[h] = true;
        if
        :: got[h] == FALSE_ONE -> named = true; assert(ALL_VALID == 0) /* every record seems spoilt */
        :: got[h] == GOOD && (IS(0, CONTENT_BAD) + IS(1, CONTENT_BAD) + IS(2, CONTENT_BAD)) > 0 -> named = true
        :: else
        fi;
        if
#ifdef SHOW_WHAT_OPENS
        :: got[h] == GOOD && PUBLIC_OK >= T && ALL_VALID >= 1 -> shown[h] = true
#else
        :: got[h] == GOOD && ALL_VALID >= T -> shown[h] = true
#endif
        :: else
        fi;
        /* Whoever has a verdict about a content reads that record's address. */
        if
#ifdef VERDICT_WITH_ANY_CONTENT
        :: named -> verdict = true
#else
        :: named && shown[h] -> verdict = true
#endif
        :: else
        fi;
        assert(!shown[h] || ALL_VALID >= T);
        assert(!verdict || ALL_VALID >= T);
#ifdef NOTHING_IS_EVER_SHOWN
        assert(!shown[h]); /* control */
#endif
        assert(!(named && got[h] == FALSE_ONE))
    fi
}

inline restart_holder(h)
{
    got[h] = NONE;
    fetched[h] = false
}

/* ---- The coordinator's hand-out rule ---- */

#ifdef HAND_OUT_AT_ONCE
#define HANDED_OUT(h, other) (letter[other] != NONE)
#else
#ifdef HAND_OUT_FOR_ANY_LETTER
#define HANDED_OUT(h, other) (letter[other] != NONE && letter[h] != NONE)
#else
#define HANDED_OUT(h, other) (letter[other] != NONE && letter[h] != NONE && act[h])
#endif
#endif

/* The answer leaves after the coordinator's log says so. */
inline give(h, other)
{
#ifdef HOSTILE_COORDINATOR
    got[h] = letter[other]
#else
    given[h] = true;
    got[h] = letter[other];
    assert(act[h]) /* who is given the other's has signed that it opened */
#endif
}

/* A whole set of letters, with the signed entry of the log; the first one stays. */
inline put(h, what, with_act)
{
    if
#ifndef HAND_OUT_FOR_ANY_LETTER
    :: letter[h] == NONE && (with_act) -> letter[h] = what; act[h] = true
#else
    :: letter[h] == NONE -> letter[h] = what; act[h] = (with_act)
#endif
    :: else
    fi
}

inline choose(r)
{
    if
    :: record[r] = ABSENT
    :: record[r] = PUBLIC_BAD
    :: record[r] = CONTENT_BAD
    :: record[r] = VALID
    fi
}

init {
    atomic {
        choose(0);
        choose(1);
        choose(2);
        run honest(0);
#if defined(HOSTILE_HOLDER) || defined(HOSTILE_COORDINATOR)
        run adversary();
#else
        run honest(1);
        run at_the_end()
#endif
    }
}

proctype honest(byte h)
{
end:
    do
    :: atomic { !outbox[h] && PUBLIC_OK >= T -> open_own(h) }
#ifdef PARTIAL_BEFORE_CHECKS
    :: atomic { !outbox[h] -> open_own(h) }
#endif
#ifdef LOG_LATER
    :: atomic { outbox[h] && !logged[h] -> logged[h] = true }
#endif
    :: atomic { outbox[h] && letter[h] == NONE -> put(h, GOOD, true) }
    :: atomic { outbox[h] && !fetched[h] -> fetched[h] = true /* verified once more after a restart */ }
#ifdef HOSTILE_COORDINATOR
    :: atomic { fetched[h] && got[h] == NONE && !read[h] && letter[h] != NONE && letter[1 - h] != NONE ->
            give(h, 1 - h)
        }
#else
    :: atomic { fetched[h] && got[h] == NONE && !read[h] && HANDED_OUT(h, 1 - h) -> give(h, 1 - h) }
#endif
    :: atomic { got[h] != NONE && !read[h] ->
            if
            :: got[h] == FALSE_ONE && h == 0 -> combine(h); break
            :: else -> combine(h)
            fi
        }
    :: atomic { faults < FAULTS -> faults++; restart_holder(h) }
    od
}

#if defined(HOSTILE_HOLDER) || defined(HOSTILE_COORDINATOR)

/* Holder 2. It deposits what it likes, with or without a signed act, and reads with what it gets. */
proctype adversary()
{
end:
    do
    :: atomic { letter[1] == NONE -> logged[1] = true; put(1, GOOD, true) }
    :: atomic { letter[1] == NONE -> logged[1] = true; put(1, FALSE_ONE, true) }
    :: atomic { letter[1] == NONE -> put(1, FALSE_ONE, false) }
#ifdef HOSTILE_COORDINATOR
    :: atomic { letter[0] != NONE && !read[1] ->
#else
    :: atomic { HANDED_OUT(1, 0) && !read[1] ->
#endif
            give(1, 0);
            read[1] = true;
            assert(logged[0]); /* on holder 1's disk, and in its letter, before it could be given */
#ifndef HOSTILE_COORDINATOR
            assert(given[1] && act[1]) /* who read and withheld is on record */
#endif
        }
    od
}

#else

/* When nothing can happen any more, both have what there is to have, and nothing else. */
proctype at_the_end()
{
    timeout;
    assert(PUBLIC_OK < T || (read[0] && read[1]));
    assert((ALL_VALID >= T) == (shown[0] && shown[1]));
    assert(PUBLIC_OK >= T || (!outbox[0] && !outbox[1] && !logged[0] && !logged[1]))
}

#endif

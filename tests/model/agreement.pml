/* Papers of one lineage at two honest members' nodes, against an adversary that is the coordinator and
 * member 3 with its officer: proto/dossier.c and proto/dossier_check.c, and where a node asks whether
 * an agreement is in force. What isn't modelled stands in README.md beside this.
 *
 * Three versions: 1, and 2 and 3, which both follow 1 (3 is the "other version 2" of a fork). Officers of
 * members 1 and 2 accepted version 1 before this begins. A paper goes to the own node first; to the other
 * one whenever the adversary likes, or never. Papers of member 3 are the adversary's from the beginning,
 * with any date it likes. The clock passes the end of version 1, then the end of 2 and 3. */

#define BIT(i) (1 << (i))

/* Papers. */
#define ACCEPT1_3 BIT(0)
#define ACCEPT2_1 BIT(1)
#define ACCEPT2_2 BIT(2)
#define ACCEPT2_3 BIT(3)
#define ACCEPT3_1 BIT(4)
#define ACCEPT3_2 BIT(5)
#define ACCEPT3_3 BIT(6)
#define REFUSE2_3 BIT(7)
#define REVOKE1_1 BIT(8)
#define REVOKE2_1 BIT(9)
#define REVOKES (REVOKE1_1 | REVOKE2_1)
#define HIS (ACCEPT1_3 | ACCEPT2_3 | ACCEPT3_3 | REFUSE2_3)

short existing = HIS; /* that exist */
short has[2];       /* at a node */
byte current[2] = 1;
byte clock;         /* 0: in the term of all; 1: version 1 has ended; 2: all have */
byte begun[2];      /* the version under which a member takes part; 0: in no attempt */
byte ready[2];      /* the version under which it signed READY */

/* ---- The rules, one each in proto/dossier_check.c ---- */

#ifdef HALF_SIGNED
#define ENOUGH(papers, all) (((papers) & (all)) != 0)
#else
#define ENOUGH(papers, all) (((papers) & (all)) == (all))
#endif
#define SIGNED1 ACCEPT1_3
#define SIGNED2 (ACCEPT2_1 | ACCEPT2_2 | ACCEPT2_3)
#define SIGNED3 (ACCEPT3_1 | ACCEPT3_2 | ACCEPT3_3)
#define ACCEPTED(m, v) (((v) == 1 && ENOUGH(has[m], SIGNED1)) || ((v) == 2 && ENOUGH(has[m], SIGNED2)) || \
                        ((v) == 3 && ENOUGH(has[m], SIGNED3)))
#define REFUSED(m, v) ((v) == 2 && (has[m] & REFUSE2_3))

/* A refusal of what the same member accepted is a revocation. */
#if defined(IGNORE_REVOCATION)
#define REVOKED(m) false
#elif defined(REVOKE_CURRENT_ONLY)
#define REVOKED(m) ((current[m] == 1 && (has[m] & REVOKE1_1)) || (current[m] == 2 && (has[m] & REVOKE2_1)))
#else
#define REVOKED(m) ((has[m] & REVOKES) || ((has[m] & REFUSE2_3) && (has[m] & ACCEPT2_3)))
#endif

#ifdef IGNORE_TERM
#define IN_TERM(v) true
#else
#define IN_TERM(v) (clock == 0 || (clock == 1 && (v) != 1))
#endif

#ifdef LATE_SUCCESSOR
#define STILL_OPEN true
#else
#define STILL_OPEN (clock == 0)
#endif
#if defined(NO_FORK_CHECK) || defined(ANY_SUCCESSOR)
#define NO_FORK(m) true
#else
#define NO_FORK(m) (!(ACCEPTED(m, 2) && ACCEPTED(m, 3)))
#endif
#ifdef ANY_SUCCESSOR
#define FOLLOWS(m, v) (current[m] != v)
#else
#define FOLLOWS(m, v) (current[m] == 1)
#endif

#define IN_FORCE(m) (!REVOKED(m) && ACCEPTED(m, current[m]) && !REFUSED(m, current[m]) && IN_TERM(current[m]))
#define NEXT(m, v) (FOLLOWS(m, v) && ACCEPTED(m, current[m]) && ACCEPTED(m, v) && !REFUSED(m, v) && \
                    !REVOKED(m) && STILL_OPEN && NO_FORK(m))

/* ---- What must hold whenever m does something under a version, said in other words ---- */

#define EVERYBODY_SIGNED(v) (((v) == 1 && (existing & SIGNED1) == SIGNED1) || \
                             ((v) == 2 && (existing & SIGNED2) == SIGNED2) || \
                             ((v) == 3 && (existing & SIGNED3) == SIGNED3))

inline processes(m, v)
{
    assert(EVERYBODY_SIGNED(v) && (has[m] & ACCEPT1_3));  /* all signatures, of the officers */
    assert(v == 1 || (has[m] & (BIT(1) | BIT(4))));       /* the own officer's among them: m is 1 or 2 */
    assert(!(has[m] & REVOKES));                          /* no revocation is known here */
    assert(clock == 0 || (clock == 1 && v != 1));         /* not expired */
#ifdef NO_EXTENSION_EVER_COUNTS
    assert(v == 1);                                       /* control: version 2 is reached */
#endif
    assert(v == current[m])                               /* nothing of another version */
}

#ifdef OLD_VERSION_GOES_ON
#define OUTDATED(m) false
#else
#define OUTDATED(m) (begun[m] != current[m])
#endif

/* Never back or to the other one, never after the end of version 1, never where there are two. */
inline move_on(m, v)
{
#ifndef ANY_SUCCESSOR
    assert((has[m] & SIGNED2) != SIGNED2 || (has[m] & SIGNED3) != SIGNED3);
#endif
    assert(current[m] == 1 && clock == 0);
    current[m] = v
}

inline settle(m)
{
    if
    :: NEXT(m, 2) -> move_on(m, 2)
    :: NEXT(m, 3) -> move_on(m, 3)
    :: else
    fi;
    /* What goes on stops at once when it isn't in force any more. */
    if
    :: begun[m] != 0 && (!IN_FORCE(m) || OUTDATED(m)) -> begun[m] = 0; ready[m] = 0
    :: else
    fi
}

inline give(m, paper)
{
    has[m] = has[m] | (paper);
    settle(m)
}

inline sign(m, paper)
{
    existing = existing | (paper);
    give(m, paper)
}

#ifdef OFFICERS_OF_NEW_VERSION
/* The adversary names its own keys as officers of version 2, and accepts for everybody. */
#define MAY_GIVE(paper) ((existing & (paper)) || (paper) == ACCEPT2_1 || (paper) == ACCEPT2_2)
#else
#define MAY_GIVE(paper) (existing & (paper))
#endif

active [2] proctype node()
{
    byte m = _pid;
end:
    do
    /* Its officer. An extension is accepted before the end. Officers who sign two versions are at fault. */
    :: atomic { clock == 0 && !(existing & (ACCEPT2_1 << m)) -> sign(m, ACCEPT2_1 << m) }
    :: atomic { clock == 0 && !(existing & (ACCEPT3_1 << m)) -> sign(m, ACCEPT3_1 << m) }
    :: atomic { m == 0 && !(existing & REVOKE1_1) -> sign(0, REVOKE1_1) }
    :: atomic { m == 0 && !(existing & REVOKE2_1) -> sign(0, REVOKE2_1) }

    /* START for its version, READY, release: each asks again. */
    :: atomic { begun[m] == 0 && IN_FORCE(m) -> processes(m, current[m]); begun[m] = current[m] }
    :: atomic { begun[m] != 0 && ready[m] == 0 && IN_FORCE(m) ->
            processes(m, begun[m]);
            ready[m] = begun[m]
        }
    :: atomic { ready[m] != 0 && ready[1 - m] == ready[m] && IN_FORCE(m) -> processes(m, ready[m]) }
    od
}

active proctype adversary()
{
    byte m, p;
end:
    do
    :: atomic {
            if
            :: m = 0
            :: m = 1
            fi;
            p = 0;
            do
            :: p < 9 -> p++
            :: break
            od;
            if
            :: MAY_GIVE(BIT(p)) && !(has[m] & BIT(p)) -> give(m, BIT(p))
            :: else
            fi;
            m = 0; p = 0
        }
    :: atomic { begun[0] != 0 -> begun[0] = 0; ready[0] = 0 } /* ABORT */
    :: atomic { begun[1] != 0 -> begun[1] = 0; ready[1] = 0 }
    :: atomic { clock < 2 -> clock++; settle(0); settle(1) }
    od
}

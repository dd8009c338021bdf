/* Who is named when a canary is missing in the results: docs/protocol.md, section 23. README.md beside this.
 *
 * Three members, t = 2; a canary of the group of members 1 and 2 in one round. Whatever each of them gives,
 * the coordinator that keeps to its program is never named; and one that drops a match of this group, when
 * both gave what they should, is.
 *
 * Without more the coordinator is honest, and members 2 and 3 are an adversary with the leader: they sign what they
 * like, and choose what goes into the file. BOTH_HOSTILE: member 1 too. DROPS: the coordinator drops the canary, the
 * members are honest. */

/* What a member submitted under the canary's tag. */
#define NONE 0
#define GOOD 1
#define SKIPPED 2 /* a share that isn't under the tag, a tag twice, a list that isn't sorted */
#define SPOILT 3  /* the record doesn't open */
byte entry[3];
bool silent[3];   /* didn't give all */
bool notice[3];   /* says, signed, that this tag stands in what its READY signed */
bool other_ready[3]; /* the READY in the file is another than the coordinator's */
bool given[3], refused[3];
bool group;       /* the results have a group with this tag */
byte in_group;
bool named;

/* What is under the tag in the READY that the file shows. */
#define UNDER_READY(m) (other_ready[m] || entry[m] != NONE)

inline choose(m)
{
    if
    :: entry[m] = NONE
    :: entry[m] = GOOD
    :: entry[m] = SKIPPED
    :: entry[m] = SPOILT
    fi;
    if
    :: silent[m] = true
    :: silent[m] = false
    fi;
    if
    :: other_ready[m] = true
    :: other_ready[m] = false
    fi
}

inline take(m)
{
    if
    :: silent[m]
    :: !silent[m] && entry[m] == SKIPPED -> refused[m] = true
#ifdef SPOILT_LEAVES_THE_GROUP
    :: !silent[m] && entry[m] == SPOILT
#else
    :: !silent[m] && entry[m] == SPOILT -> given[m] = true; in_group++
#endif
    :: !silent[m] && entry[m] == GOOD -> given[m] = true; in_group++
    :: else
    fi
}

/* Rules of `verify verdict` for kind 10. */
#ifdef ANY_READY
#define READYS true
#else
#define READYS (!other_ready[0] && !other_ready[1])
#endif
#ifdef LATE_ONLY
#define WHOLE (!silent[0] && !silent[1])
#else
#define WHOLE (!silent[0] && !silent[1] && !refused[0] && !refused[1])
#endif
#ifdef EXACTLY_THESE
#define THERE (group && given[0] && given[1] && !given[2])
#else
#define THERE (group && given[0] && given[1])
#endif
#ifdef ONE_NOTICE
#define NOTICES (notice[0] || notice[1])
#else
#define NOTICES (notice[0] && notice[1])
#endif

init {
    atomic {
#ifdef DROPS
        entry[0] = GOOD; entry[1] = GOOD;
        notice[0] = true; notice[1] = true;
        group = false;
#ifdef NO_CANARIES
        notice[0] = false; notice[1] = false;
#endif
#else
#ifdef BOTH_HOSTILE
        choose(0);
#else
        entry[0] = GOOD;
#endif
        choose(1);
        choose(2);
        take(0);
        take(1);
        take(2);
        group = in_group >= 2;
        notice[0] = UNDER_READY(0);
        if
        :: UNDER_READY(1) -> notice[1] = true
        :: notice[1] = false
        fi;
#endif
        named = NOTICES && READYS && WHOLE && !THERE;
#ifdef DROPS
        assert(named)
#else
        assert(!named)
#endif
    }
}

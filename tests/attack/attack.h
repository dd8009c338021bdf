/* Attacks: each plays a hostile coordinator, member or leader against the real code, and says
 * whether it got what it was after. Against the programs as they are it must not, and must meet the
 * refusal that stands in the table (attack_list.h). In a mutant, the same objects linked with
 * -Wl,--wrap so that the table's checks say KP_OK to everything, it must succeed: so it is those
 * checks that stop it, and the test would notice if they were gone. */
#ifndef KP_TESTS_ATTACK_H
#define KP_TESTS_ATTACK_H

#include "proto/error.h"

#include <stdbool.h>

struct attack {
    const char *name;
    bool (*run)(void);   /* true: it succeeded, as the attacker sees it */
    const char *checks;  /* what the mutant is without, separated by spaces */
    const char *refusal; /* words of what stops it */
    const char *aim;     /* what the attacker is after */
};

/* Notes what the attacked code said; kept until the attack is over. */
void attack_told(const struct kp_error *error);
/* The same, for words that don't come as an error. */
void attack_told_words(const char *words);

#define ATTACK(name, checks, refusal, aim) bool attack_##name(void);
#include "tests/attack/attack_list.h"
#undef ATTACK

#endif

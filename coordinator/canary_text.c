/* Findings of canaries in words. */
#include "coordinator/canary_audit.h"

#include <stdio.h>
#include <string.h>

const char *kp_canary_state_name(enum kp_canary_state state)
{
    static const char *const names[KP_CANARY_STATES] = {
        [KP_CANARY_FOUND] = "found",           [KP_CANARY_MISSING] = "missing",
        [KP_CANARY_INCOMPLETE] = "incomplete", [KP_CANARY_NO_NOTICE] = "no notice",
        [KP_CANARY_NOT_TRUE] = "not true",     [KP_CANARY_DIFFERENT] = "different",
    };
    return (unsigned)state < KP_CANARY_STATES ? names[state] : "unknown";
}

bool kp_canary_names_coordinator(enum kp_canary_state state)
{
    return state == KP_CANARY_MISSING || state == KP_CANARY_INCOMPLETE ||
           state == KP_CANARY_NO_NOTICE;
}

/* 32 names of 32 bytes, and what is between them. */
_Static_assert(KP_CANARY_NAMES_TEXT > KP_MEMBERS_MAX * (KP_NAME_MAX + 5), "names of all members");

void kp_canary_names(char text[static KP_CANARY_NAMES_TEXT], const struct kp_agreement *agreement,
                     uint32_t members)
{
    size_t size = 0;
    uint32_t left = (uint32_t)__builtin_popcount(members);
    text[0] = '\0';
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if ((members >> i & 1) != 0) {
            left--;
            int added = snprintf(text + size, KP_CANARY_NAMES_TEXT - size, "%s%s",
                                 agreement->members[i].name,
                                 left > 1    ? ", "
                                 : left == 1 ? " and "
                                             : "");
            size += added > 0 ? (size_t)added : 0;
        }
    }
}

void kp_canary_finding_text(char text[static KP_CANARY_FINDING_TEXT],
                            const struct kp_agreement *agreement,
                            const struct kp_canary_finding *finding)
{
    static const char *const words[KP_CANARY_STATES] = {
        [KP_CANARY_FOUND] = "is in the results",
        [KP_CANARY_MISSING] = "is missing: all of them submitted it, and the coordinator didn't "
                              "give it",
        [KP_CANARY_INCOMPLETE] =
            "isn't in the results, but not everything came that was submitted, "
            "by the doing of the coordinator or of",
        [KP_CANARY_NO_NOTICE] = "can't be checked: no notice came, by the doing of the coordinator "
                                "or of",
        [KP_CANARY_NOT_TRUE] = "can't be checked: it wasn't submitted as they agreed by",
        [KP_CANARY_DIFFERENT] = "can't be checked: they name different ones; not the coordinator's "
                                "doing, but that of one of",
    };
    char group[KP_CANARY_NAMES_TEXT], named[KP_CANARY_NAMES_TEXT];
    kp_canary_names(group, agreement, finding->members);
    kp_canary_names(named, agreement, finding->named);
    (void)snprintf(text, KP_CANARY_FINDING_TEXT, "canary %u of %s %s%s%s", finding->number + 1,
                   group, words[finding->state], finding->named != 0 ? " " : "", named);
}

/* A street and a town as they are written, against a register: which streets they are when there is
 * no postcode, and whether they agree with a number that was found by one.
 *
 * Reads the register's file, and may so wait for the disk. */
#ifndef KP_PROTO_ADDRESS_PLACE_H
#define KP_PROTO_ADDRESS_PLACE_H

#include "proto/address/register.h"
#include "proto/address/verdict.h"

/* Streets that one name can be in all towns that another can be. */
#define KP_PLACE_STREETS_MAX 64

struct kp_place_streets {
    /* KP_RULE_NONE; or KP_RULE_NO_PLACE: no street or no town is written; KP_RULE_NO_TOWN;
     * KP_RULE_NO_STREET; KP_RULE_MANY: more streets than fit */
    enum kp_address_rule rule;
    size_t count;
    uint32_t street[KP_PLACE_STREETS_MAX]; /* of the register */
};

/* Both names are folded; "" is none. Towns that have the name as it is written go before those that
 * only agree with it ("HENGELO" before "HENGELO (GLD)"), and so do streets, town by town: an
 * abbreviation is looked for only where no street has the name itself. KP_REFUSED: the register is
 * damaged. */
KP_MUST_USE enum kp_status kp_place_streets(const struct kp_register *reg, const char *street,
                                            const char *town, struct kp_place_streets *out,
                                            struct kp_error *error);

/* How what is written and a number of the register go together. In this order, the worst counts. */
enum kp_place_agreement {
    KP_PLACE_SILENT, /* neither street nor town is written */
    KP_PLACE_AGREES,
    KP_PLACE_IGNORED, /* the town is no town of the register: nothing is known of it */
    KP_PLACE_NEARLY,  /* one letter differs, or few in a long name; no other place is called so */
    KP_PLACE_CONTRADICTS /* another street or town of the register, or nothing that could be this */
};

/* A name that is asked about several numbers: zero-initialise, and set the names, which must
 * outlive it. The last street is remembered. */
struct kp_place {
    const char *street, *town; /* folded; "" or NULL: not written */
    bool column; /* the town stands in a column of its own: a name that isn't the register's is
                    ignored; otherwise it contradicts, for it could be anything */
    bool asked;
    uint32_t last; /* street */
    enum kp_place_agreement agreement;
};
KP_MUST_USE enum kp_status kp_place_agreement(const struct kp_register *reg, struct kp_place *place,
                                              uint32_t street, enum kp_place_agreement *agreement,
                                              struct kp_error *error);

#endif

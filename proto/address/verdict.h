/* What becomes of an address as somebody wrote it, and by which rule. docs/addresses.md describes
 * the rules, by the same names and in the same order. */
#ifndef KP_PROTO_ADDRESS_VERDICT_H
#define KP_PROTO_ADDRESS_VERDICT_H

enum kp_address_verdict {
    KP_ADDRESS_RESOLVED,
    KP_ADDRESS_AMBIGUOUS, /* more than one object */
    KP_ADDRESS_UNKNOWN,   /* no object */
    KP_ADDRESS_REFUSED,   /* no address at all */
};
#define KP_ADDRESS_VERDICTS 4

/* The comment says which verdicts a rule gives. */
enum kp_address_rule {
    KP_RULE_NONE, /* of no result: nothing is wrong so far */

    KP_RULE_ID,      /* resolved, ambiguous: an id of the register */
    KP_RULE_COLUMNS, /* resolved, ambiguous: letter and addition, each in a column of its own */
    KP_RULE_LITERAL, /* resolved, ambiguous: the letters and digits behind the number as they stand
                      */
    KP_RULE_WORDS,   /* resolved, ambiguous: by the table of words */
    KP_RULE_RANGE,   /* ambiguous, unknown; resolved when both ends are one object: "12-14" */
    KP_RULE_TEXT,    /* resolved: without a register */

    KP_RULE_NOT_THERE,     /* unknown: the register has no such number in use */
    KP_RULE_WITHDRAWN,     /* unknown: an id that is no longer in use */
    KP_RULE_CONTRADICTION, /* unknown: the parts don't belong together */
    KP_RULE_NO_PLACE,      /* unknown: neither a postcode, nor a street with its town */
    KP_RULE_NO_STREET,     /* unknown: no such street in that town */
    KP_RULE_NO_TOWN,       /* unknown: no such town */

    KP_RULE_EMPTY,            /* refused, as all below: nothing is written */
    KP_RULE_NOT_TEXT,         /* NUL, control characters, not UTF-8 */
    KP_RULE_TOO_LONG,         /* longer than any address */
    KP_RULE_BAD_POSTCODE,     /* a column for the postcode with something else in it */
    KP_RULE_NO_NUMBER,        /* no house number */
    KP_RULE_BAD_NUMBER,       /* not a number from 1 to 99999 */
    KP_RULE_SPREADSHEET_DATE, /* a date made of a house number: "12-feb" */
    KP_RULE_SPREADSHEET_ID,   /* an id that lost digits: "3,63E+14" */
    KP_RULE_NEAR,             /* beside an address: "t/o 12" */
    KP_RULE_PO_BOX,           /* a PO box */
    KP_RULE_ABROAD,           /* in another country */
    KP_RULE_ID_TYPE,     /* an id of something else than a number or an object with an address */
    KP_RULE_NO_POSTCODE, /* without a register only: it takes a postcode */
    KP_RULE_TEXT_FORM,   /* without a register only: doesn't fit into a key */
    KP_RULE_MANY,        /* can be read in more ways than are tried */
    KP_RULES,
};

/* "resolved", "literal": stable, for files and programs. */
const char *kp_address_verdict_name(enum kp_address_verdict verdict);
const char *kp_address_rule_name(enum kp_address_rule rule);
/* One sentence that says what the rule means for a row of this verdict, and what to do about it. */
const char *kp_address_rule_text(enum kp_address_verdict verdict, enum kp_address_rule rule);

#endif

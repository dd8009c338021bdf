#include "proto/address/verdict.h"

static const char *const verdicts[KP_ADDRESS_VERDICTS] = {
    [KP_ADDRESS_RESOLVED] = "resolved",
    [KP_ADDRESS_AMBIGUOUS] = "ambiguous",
    [KP_ADDRESS_UNKNOWN] = "unknown",
    [KP_ADDRESS_REFUSED] = "refused",
};

static const struct {
    const char *name;
    const char *text;
} rules[KP_RULES] = {
    [KP_RULE_NONE] = {"none", "nothing was decided"},
    [KP_RULE_ID] = {"id", "an id of the register"},
    [KP_RULE_COLUMNS] = {"columns", "letter and addition as their columns have them"},
    [KP_RULE_LITERAL] = {"literal", "letters and digits behind the number as they stand"},
    [KP_RULE_WORDS] = {"words", "what stands behind the number, by the table of words"},
    [KP_RULE_RANGE] = {"range", "a range of house numbers; write one of them"},
    [KP_RULE_TEXT] = {"text", "the text form, without a register"},
    [KP_RULE_NOT_THERE] = {"not-there", "the register has no such number in use"},
    [KP_RULE_WITHDRAWN] = {"withdrawn", "the id is no longer in use"},
    [KP_RULE_CONTRADICTION] = {"contradiction",
                               "street, town, postcode, number or id don't belong together; the "
                               "register says which do"},
    [KP_RULE_NO_PLACE] = {"no-place",
                          "neither a postcode nor a street with its town stands beside the number"},
    [KP_RULE_NO_STREET] = {"no-street", "the register has no such street in that town"},
    [KP_RULE_NO_TOWN] = {"no-town", "the register has no such town"},
    [KP_RULE_EMPTY] = {"empty", "nothing is written"},
    [KP_RULE_NOT_TEXT] = {"not-text", "not text: control characters, or bytes that aren't UTF-8"},
    [KP_RULE_TOO_LONG] = {"too-long", "longer than any address"},
    [KP_RULE_BAD_POSTCODE] = {"bad-postcode",
                              "not a postcode: four digits and two letters, the first not 0"},
    [KP_RULE_NO_NUMBER] = {"no-number", "no house number"},
    [KP_RULE_BAD_NUMBER] = {"bad-number", "not a house number from 1 to 99999"},
    [KP_RULE_SPREADSHEET_DATE] = {"spreadsheet-date",
                                  "a spreadsheet made a date of the house number; make the column "
                                  "text and write the number again"},
    [KP_RULE_SPREADSHEET_ID] = {"spreadsheet-id",
                                "an id has 16 digits; a spreadsheet keeps 15 and drops zeros in "
                                "front, so make the column text"},
    [KP_RULE_NEAR] = {"near", "a place beside an address, not an address"},
    [KP_RULE_PO_BOX] = {"po-box", "a PO box is no object"},
    [KP_RULE_ABROAD] = {"abroad", "an address in another country"},
    [KP_RULE_ID_TYPE] =
        {"id-type", "an id of another kind than a nummeraanduiding (20), verblijfsobject (01), "
                    "ligplaats (02) or standplaats (03)"},
    [KP_RULE_NO_POSTCODE] = {"no-postcode", "without a register an address needs its postcode"},
    [KP_RULE_TEXT_FORM] = {"text-form",
                           "without a register what stands behind the number must be a letter and "
                           "an addition of up to four letters or digits"},
    [KP_RULE_MANY] = {"many-readings", "can be read in more ways than are tried"},
};

const char *kp_address_verdict_name(enum kp_address_verdict verdict)
{
    return verdicts[verdict];
}

const char *kp_address_rule_name(enum kp_address_rule rule)
{
    return rules[rule].name;
}

const char *kp_address_rule_text(enum kp_address_verdict verdict, enum kp_address_rule rule)
{
    /* How it was found is no reason why it isn't taken. */
    return verdict == KP_ADDRESS_AMBIGUOUS && rule != KP_RULE_RANGE
               ? "more than one object is written like this; write which of the candidates it is, "
                 "or its id"
               : rules[rule].text;
}

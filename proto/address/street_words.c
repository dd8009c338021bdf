#include "proto/address/street_words.h"

#define WORD(word, ...)                                                                            \
    {                                                                                              \
        KP_STREET_WORD, word,                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define TITLE(word, ...)                                                                           \
    {                                                                                              \
        KP_STREET_TITLE, word,                                                                     \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define ENDING(word, ...)                                                                          \
    {                                                                                              \
        KP_STREET_ENDING, word,                                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SIDE(word, ...)                                                                            \
    {                                                                                              \
        KP_STREET_SIDE, word,                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* Abbreviations in the manner of NEN 5825 and of the post's lists before it (LN, PLN, BURG, V D),
 * and others that registers and letters show. One may stand for several words (KON: KONING,
 * KONINGIN): then the other words, or the numbers of the street, decide, or nothing does. Initials
 * of words in front need no row. */
const struct kp_street_word kp_street_words[] = {
    /* Endings (NEN 5825). */
    ENDING("DWARSSTRAAT", "DWSTR", "DWARSSTR"),
    ENDING("STRAAT", "STR"),
    ENDING("LAAN", "LN"),
    ENDING("WEG", "WG"),
    ENDING("PLEIN", "PLN", "PL"),
    ENDING("PLANTSOEN", "PLNTS", "PLANTS", "PLNTSN"),
    ENDING("GRACHT", "GR"),
    ENDING("SINGEL", "SNGL", "SGL", "SING"),
    ENDING("KADE", "KD"),
    ENDING("DYK", "DK"),
    ENDING("HOF", "HF"),
    ENDING("STEEG", "STG"),
    ENDING("PARK", "PK"),
    ENDING("PAD", "PD"),
    ENDING("DREEF", "DRF", "DR"),
    ENDING("BOULEVARD", "BLVD", "BOUL", "BD", "BLV"),
    ENDING("HAVEN", "HVN"),
    ENDING("MARKT", "MKT", "MRKT"),
    ENDING("KANAAL", "KAN"),
    ENDING("BRUG", "BRG"),
    ENDING("VAART", "VRT"),
    ENDING("VLIET", "VLT"),
    /* Sides, behind a name. */
    SIDE("NOORDZYDE", "NZ", "NZYDE"),
    SIDE("ZUIDZYDE", "ZZ", "ZZYDE"),
    SIDE("OOSTZYDE", "OZ", "OZYDE"),
    SIDE("WESTZYDE", "WZ", "WZYDE"),
    SIDE("NOORD", "N"),
    SIDE("ZUID", "Z"),
    SIDE("OOST", "O"),
    SIDE("WEST", "W"),
    /* Persons (NEN 5825: titles). */
    TITLE("ADMIRAAL", "ADM"),
    TITLE("BARON", "BAR"),
    TITLE("BURGEMEESTER", "BURG", "BURGEM", "BURGM", "BGM"),
    TITLE("COMMANDEUR", "CMDR", "CDR"),
    TITLE("DEKEN", "DKN"),
    TITLE("DIRECTEUR", "DIR"),
    TITLE("DOCTOR", "DR"),
    TITLE("DOKTER", "DR"),
    TITLE("DOCTORANDUS", "DRS"),
    TITLE("DOMINEE", "DS"),
    TITLE("FREULE", "FRL"),
    TITLE("GENERAAL", "GEN"),
    TITLE("GOUVERNEUR", "GOUV"),
    TITLE("GRAAF", "GRF"),
    TITLE("INGENIEUR", "IR", "ING"),
    TITLE("JONKHEER", "JHR"),
    TITLE("JONKVROUW", "JKVR"),
    TITLE("KANUNNIK", "KAN"),
    TITLE("KAPELAAN", "KAP", "KPL"),
    TITLE("KAPITEIN", "KAP", "KAPT"),
    TITLE("KARDINAAL", "KARD"),
    TITLE("KEIZER", "KEIZ"),
    TITLE("KOLONEL", "KOL"),
    TITLE("KONING", "KON"),
    TITLE("KONINGIN", "KON"),
    TITLE("LUITENANT", "LT", "LUIT"),
    TITLE("MAARSCHALK", "MAARSCH"),
    TITLE("MAJOOR", "MAJ"),
    TITLE("MEESTER", "MR"),
    TITLE("MEVROUW", "MEVR"),
    TITLE("MINISTER", "MIN"),
    TITLE("MONSEIGNEUR", "MGR"),
    TITLE("NOTARIS", "NOT"),
    TITLE("PASTOOR", "PAST"),
    TITLE("PASTOR", "PAST"),
    TITLE("PATER", "PTR", "PAT"),
    TITLE("PRESIDENT", "PRES"),
    TITLE("PRINS", "PR"),
    TITLE("PRINSES", "PRS", "PRSS", "PR"),
    TITLE("PROFESSOR", "PROF"),
    TITLE("RECTOR", "RECT"),
    TITLE("REKTOR", "REKT"),
    TITLE("SECRETARIS", "SECR"),
    TITLE("WETHOUDER", "WETH"),
    TITLE("ZUSTER", "ZR"),
    /* Other words in front. */
    WORD("BINNEN", "BINN"),
    WORD("BUITEN", "BUIT"),
    WORD("GEBROEDERS", "GEBR"),
    WORD("GROOT", "GR"),
    WORD("GROTE", "GR"),
    WORD("HEILIGE", "H", "HLG"),
    WORD("KLEIN", "KL"),
    WORD("KLEINE", "KL"),
    WORD("KORTE", "KTE", "KT"),
    WORD("LANGE", "LGE", "LG"),
    WORD("NIEUW", "NW"),
    WORD("NIEUWE", "NW", "NWE", "N"),
    WORD("NIEUWEZYDS", "NZ", "NZYDS"),
    WORD("NOORDER", "NRDR"),
    WORD("OUD", "OD"),
    WORD("OUDE", "OD", "O"),
    WORD("OUDEZYDS", "OZ", "OZYDS"),
    WORD("PROVINCIALE", "PROV"),
    WORD("SINT", "ST", "SNT"),
    WORD("SINTE", "ST"),
    WORD("VERLENGDE", "VERL"),
    WORD("ZUIDER", "ZDR"),
    /* Small words. */
    WORD("AAN", "A"),
    WORD("BY", "B"),
    WORD("DE", "D"),
    WORD("DEN", "D", "DN"),
    WORD("DER", "D", "DR"),
    WORD("EN", "E"),
    WORD("HET", "T"),
    WORD("IN", "I"),
    WORD("OP", "O"),
    WORD("TE", "T"),
    WORD("TEN", "T"),
    WORD("TER", "T"),
    WORD("VAN", "V"),
    WORD("VOOR", "V"),
    /* Ordinals: 1E, 1STE and 2DE are read as numbers. */
    WORD("EERSTE", "1"),
    WORD("TWEEDE", "2"),
    WORD("DERDE", "3"),
    WORD("VIERDE", "4"),
    WORD("VYFDE", "5"),
    WORD("ZESDE", "6"),
    WORD("ZEVENDE", "7"),
    WORD("ACHTSTE", "8"),
    WORD("NEGENDE", "9"),
    WORD("TIENDE", "10"),
    WORD("ELFDE", "11"),
    WORD("TWAALFDE", "12"),
};

const size_t kp_street_word_count = sizeof(kp_street_words) / sizeof(kp_street_words[0]);

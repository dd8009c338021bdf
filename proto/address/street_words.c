#include "proto/address/street_words.h"

/* A form: the word, or an abbreviation of it. */
#define W(text)                                                                                    \
    {                                                                                              \
        sizeof(text) - 1, text                                                                     \
    }
#define WORD(...)                                                                                  \
    {                                                                                              \
        KP_STREET_WORD,                                                                            \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define TITLE(...)                                                                                 \
    {                                                                                              \
        KP_STREET_TITLE,                                                                           \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define ENDING(...)                                                                                \
    {                                                                                              \
        KP_STREET_ENDING,                                                                          \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define SIDE(...)                                                                                  \
    {                                                                                              \
        KP_STREET_SIDE,                                                                            \
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
    ENDING(W("DWARSSTRAAT"), W("DWSTR"), W("DWARSSTR")),
    ENDING(W("STRAAT"), W("STR")),
    ENDING(W("LAAN"), W("LN")),
    ENDING(W("WEG"), W("WG")),
    ENDING(W("PLEIN"), W("PLN"), W("PL")),
    ENDING(W("PLANTSOEN"), W("PLNTS"), W("PLANTS"), W("PLNTSN")),
    ENDING(W("GRACHT"), W("GR")),
    ENDING(W("SINGEL"), W("SNGL"), W("SGL"), W("SING")),
    ENDING(W("KADE"), W("KD")),
    ENDING(W("DYK"), W("DK")),
    ENDING(W("HOF"), W("HF")),
    ENDING(W("STEEG"), W("STG")),
    ENDING(W("PARK"), W("PK")),
    ENDING(W("PAD"), W("PD")),
    ENDING(W("DREEF"), W("DRF"), W("DR")),
    ENDING(W("BOULEVARD"), W("BLVD"), W("BOUL"), W("BD"), W("BLV")),
    ENDING(W("HAVEN"), W("HVN")),
    ENDING(W("MARKT"), W("MKT"), W("MRKT")),
    ENDING(W("KANAAL"), W("KAN")),
    ENDING(W("BRUG"), W("BRG")),
    ENDING(W("VAART"), W("VRT")),
    ENDING(W("VLIET"), W("VLT")),
    /* Sides, behind a name. */
    SIDE(W("NOORDZYDE"), W("NZ"), W("NZYDE")),
    SIDE(W("ZUIDZYDE"), W("ZZ"), W("ZZYDE")),
    SIDE(W("OOSTZYDE"), W("OZ"), W("OZYDE")),
    SIDE(W("WESTZYDE"), W("WZ"), W("WZYDE")),
    SIDE(W("NOORD"), W("N")),
    SIDE(W("ZUID"), W("Z")),
    SIDE(W("OOST"), W("O")),
    SIDE(W("WEST"), W("W")),
    /* Persons (NEN 5825: titles). */
    TITLE(W("ADMIRAAL"), W("ADM")),
    TITLE(W("BARON"), W("BAR")),
    TITLE(W("BURGEMEESTER"), W("BURG"), W("BURGEM"), W("BURGM"), W("BGM")),
    TITLE(W("COMMANDEUR"), W("CMDR"), W("CDR")),
    TITLE(W("DEKEN"), W("DKN")),
    TITLE(W("DIRECTEUR"), W("DIR")),
    TITLE(W("DOCTOR"), W("DR")),
    TITLE(W("DOKTER"), W("DR")),
    TITLE(W("DOCTORANDUS"), W("DRS")),
    TITLE(W("DOMINEE"), W("DS")),
    TITLE(W("FREULE"), W("FRL")),
    TITLE(W("GENERAAL"), W("GEN")),
    TITLE(W("GOUVERNEUR"), W("GOUV")),
    TITLE(W("GRAAF"), W("GRF")),
    TITLE(W("INGENIEUR"), W("IR"), W("ING")),
    TITLE(W("JONKHEER"), W("JHR")),
    TITLE(W("JONKVROUW"), W("JKVR")),
    TITLE(W("KANUNNIK"), W("KAN")),
    TITLE(W("KAPELAAN"), W("KAP"), W("KPL")),
    TITLE(W("KAPITEIN"), W("KAP"), W("KAPT")),
    TITLE(W("KARDINAAL"), W("KARD")),
    TITLE(W("KEIZER"), W("KEIZ")),
    TITLE(W("KOLONEL"), W("KOL")),
    TITLE(W("KONING"), W("KON")),
    TITLE(W("KONINGIN"), W("KON")),
    TITLE(W("LUITENANT"), W("LT"), W("LUIT")),
    TITLE(W("MAARSCHALK"), W("MAARSCH")),
    TITLE(W("MAJOOR"), W("MAJ")),
    TITLE(W("MEESTER"), W("MR")),
    TITLE(W("MEVROUW"), W("MEVR")),
    TITLE(W("MINISTER"), W("MIN")),
    TITLE(W("MONSEIGNEUR"), W("MGR")),
    TITLE(W("NOTARIS"), W("NOT")),
    TITLE(W("PASTOOR"), W("PAST")),
    TITLE(W("PASTOR"), W("PAST")),
    TITLE(W("PATER"), W("PTR"), W("PAT")),
    TITLE(W("PRESIDENT"), W("PRES")),
    TITLE(W("PRINS"), W("PR")),
    TITLE(W("PRINSES"), W("PRS"), W("PRSS"), W("PR")),
    TITLE(W("PROFESSOR"), W("PROF")),
    TITLE(W("RECTOR"), W("RECT")),
    TITLE(W("REKTOR"), W("REKT")),
    TITLE(W("SECRETARIS"), W("SECR")),
    TITLE(W("WETHOUDER"), W("WETH")),
    TITLE(W("ZUSTER"), W("ZR")),
    /* Other words in front. */
    WORD(W("BINNEN"), W("BINN")),
    WORD(W("BUITEN"), W("BUIT")),
    WORD(W("GEBROEDERS"), W("GEBR")),
    WORD(W("GROOT"), W("GR")),
    WORD(W("GROTE"), W("GR")),
    WORD(W("HEILIGE"), W("H"), W("HLG")),
    WORD(W("KLEIN"), W("KL")),
    WORD(W("KLEINE"), W("KL")),
    WORD(W("KORTE"), W("KTE"), W("KT")),
    WORD(W("LANGE"), W("LGE"), W("LG")),
    WORD(W("NIEUW"), W("NW")),
    WORD(W("NIEUWE"), W("NW"), W("NWE"), W("N")),
    WORD(W("NIEUWEZYDS"), W("NZ"), W("NZYDS")),
    WORD(W("NOORDER"), W("NRDR")),
    WORD(W("OUD"), W("OD")),
    WORD(W("OUDE"), W("OD"), W("O")),
    WORD(W("OUDEZYDS"), W("OZ"), W("OZYDS")),
    WORD(W("PROVINCIALE"), W("PROV")),
    WORD(W("SINT"), W("ST"), W("SNT")),
    WORD(W("SINTE"), W("ST")),
    WORD(W("VERLENGDE"), W("VERL")),
    WORD(W("ZUIDER"), W("ZDR")),
    /* Small words. */
    WORD(W("AAN"), W("A")),
    WORD(W("BY"), W("B")),
    WORD(W("DE"), W("D")),
    WORD(W("DEN"), W("D"), W("DN")),
    WORD(W("DER"), W("D"), W("DR")),
    WORD(W("EN"), W("E")),
    WORD(W("HET"), W("T")),
    WORD(W("IN"), W("I")),
    WORD(W("OP"), W("O")),
    WORD(W("TE"), W("T")),
    WORD(W("TEN"), W("T")),
    WORD(W("TER"), W("T")),
    WORD(W("VAN"), W("V")),
    WORD(W("VOOR"), W("V")),
    /* Ordinals: 1E, 1STE and 2DE are read as numbers. */
    WORD(W("EERSTE"), W("1")),
    WORD(W("TWEEDE"), W("2")),
    WORD(W("DERDE"), W("3")),
    WORD(W("VIERDE"), W("4")),
    WORD(W("VYFDE"), W("5")),
    WORD(W("ZESDE"), W("6")),
    WORD(W("ZEVENDE"), W("7")),
    WORD(W("ACHTSTE"), W("8")),
    WORD(W("NEGENDE"), W("9")),
    WORD(W("TIENDE"), W("10")),
    WORD(W("ELFDE"), W("11")),
    WORD(W("TWAALFDE"), W("12")),
};

const size_t kp_street_word_count = sizeof(kp_street_words) / sizeof(kp_street_words[0]);

#include "proto/address/town_names.h"

/* IJ stands as Y in all of these, as in names that are looked up.
 *
 * Names that people use of a town that the register (BAG, woonplaats) has by another name. Only
 * pairs where no second town has the other name. */
const struct kp_town_name kp_town_names[] = {
    /* Two names in use; the register's: 's-Gravenhage, 's-Hertogenbosch. */
    {"DENHAAG", "SGRAVENHAGE"},
    {"THEHAGUE", "SGRAVENHAGE"},
    {"DENBOSCH", "SHERTOGENBOSCH"},
    {"BOZ", "BERGENOPZOOM"},
    /* A'dam and its like. */
    {"ADAM", "AMSTERDAM"},
    {"RDAM", "ROTTERDAM"},
    {"DHAAG", "SGRAVENHAGE"},
    {"DBOSCH", "SHERTOGENBOSCH"},
    /* Parts that the post gave a name of their own. */
    {"AMSTERDAMZUIDOOST", "AMSTERDAM"},
    {"AMSTERDAMZO", "AMSTERDAM"},
    {"HOOGVLIET", "HOOGVLIETROTTERDAM"},
    {"ROTTERDAMHOOGVLIET", "HOOGVLIETROTTERDAM"},
    {"PERNIS", "PERNISROTTERDAM"},
    {"ROTTERDAMPERNIS", "PERNISROTTERDAM"},
    {"BOTLEK", "BOTLEKROTTERDAM"},
    {"EUROPOORT", "EUROPOORTROTTERDAM"},
    {"MAASVLAKTE", "MAASVLAKTEROTTERDAM"},
    /* Frisian towns whose Dutch name is the register's. */
    {"LJOUWERT", "LEEUWARDEN"},
    {"SNITS", "SNEEK"},
    {"FRJENTSJER", "FRANEKER"},
    {"HEARRENFEAN", "HEERENVEEN"},
    {"ITHEARRENFEAN", "HEERENVEEN"},
    {"HARNS", "HARLINGEN"},
    {"BOALSERT", "BOLSWARD"},
    {"WARKUM", "WORKUM"},
    {"DEJOUWER", "JOURE"},
    {"DELEMMER", "LEMMER"},
    {"HYLPEN", "HINDELOOPEN"},
    {"STARUM", "STAVOREN"},
    {"DRYLTS", "YLST"},
    {"SURHUSTERFEAN", "SURHUISTERVEEN"},
    {"BUTENPOST", "BUITENPOST"},
    {"BEETSTERSWEACH", "BEETSTERZWAAG"},
    {"GORDYK", "GORREDYK"},
    {"DEGORDYK", "GORREDYK"},
    /* Frisian towns whose Frisian name is the register's. */
    {"GROUW", "GROU"},
    {"BERGUM", "BURGUM"},
    {"HARDEGARYP", "HURDEGARYP"},
    {"GIEKERK", "GYTSJERK"},
    {"OENKERK", "OENTSJERK"},
    {"OUDKERK", "ALDTSJERK"},
    {"RYPERKERK", "RYPTSJERK"},
    {"TIETJERK", "TYTSJERK"},
    {"NOORDBERGUM", "NOARDBURGUM"},
    {"OOSTERMEER", "EASTERMAR"},
    {"EERNEWOUDE", "EARNEWALD"},
    {"SUAMEER", "SUMAR"},
    {"SUAWOUDE", "SUWALD"},
    {"EESTRUM", "JISTRUM"},
    {"ROODKERK", "READTSJERK"},
    {"MOLENEND", "MUNEIN"},
    {"VEENWOUDEN", "FEANWALDEN"},
    {"ZWAAGWESTEINDE", "DEWESTEREEN"},
    {"DAMWOUDE", "DAMWALD"},
    {"BROEKSTERWOUDE", "BROEKSTERWALD"},
    {"OLDEBOORN", "ALDEBOARN"},
    {"TERHORNE", "TERHERNE"},
    {"WARGA", "WERGEA"},
    {"WARTENA", "WARTEN"},
    {"ROORDAHUIZUM", "REDUZUM"},
    {"IRNSUM", "JIRNSUM"},
    {"WELSRYP", "WJELSRYP"},
    {"BOZUM", "BOAZUM"},
    {"OOSTERLITTENS", "EASTERLITTENS"},
};
const size_t kp_town_name_count = sizeof(kp_town_names) / sizeof(kp_town_names[0]);

const struct kp_town_word kp_town_words[] = {
    {"ST", "SINT", false}, {"SNT", "SINT", false}, {"A", "AAN", true}, {"AD", "AANDEN", true},
    {"D", "DEN", true},    {"DE", "DEN", true},    {"V", "VAN", true}, {"B", "BY", true},
};
const size_t kp_town_word_count = sizeof(kp_town_words) / sizeof(kp_town_words[0]);

/* As the register and letters write them: "HENGELO (GLD)", "BERGEN (NH)", "ELST UT". */
const struct kp_town_province kp_town_provinces[] = {
    {"DR", 'D'},
    {"DRENTHE", 'D'},
    {"FL", 'L'},
    {"FLEVOLAND", 'L'},
    {"FR", 'F'},
    {"FRL", 'F'},
    {"FRIESLAND", 'F'},
    {"FRYSLAN", 'F'},
    {"GLD", 'E'},
    {"GE", 'E'},
    {"GD", 'E'},
    {"GELD", 'E'},
    {"GELDERLAND", 'E'},
    {"GN", 'G'},
    {"GR", 'G'},
    {"GRON", 'G'},
    {"GRONINGEN", 'G'},
    {"L", 'I'},
    {"LB", 'I'},
    {"LIM", 'I'},
    {"LIMB", 'I'},
    {"LIMBURG", 'I'},
    {"NB", 'B'},
    {"NBR", 'B'},
    {"NOORDBRABANT", 'B'},
    {"NH", 'H'},
    {"NOORDHOLLAND", 'H'},
    {"O", 'O'},
    {"OV", 'O'},
    {"OVERYSSEL", 'O'},
    {"U", 'U'},
    {"UT", 'U'},
    {"UTR", 'U'},
    {"UTRECHT", 'U'},
    {"ZH", 'Z'},
    {"ZUIDHOLLAND", 'Z'},
    {"Z", 'S'},
    {"ZL", 'S'},
    {"ZLD", 'S'},
    {"ZEELAND", 'S'},
};
const size_t kp_town_province_count = sizeof(kp_town_provinces) / sizeof(kp_town_provinces[0]);

/* Towns that the register has without a mark, beside one of that name with a mark (Hengelo (Gld),
 * Rijswijk (NB), Elst Ut, Haren Gn, Oosterhout Gld, Oosterwolde GLD). */
const struct kp_town_province kp_town_unmarked[] = {
    {"HENGELO", 'O'}, {"RIJSWYK", 'Z'},    {"ELST", 'E'},
    {"HAREN", 'B'},   {"OOSTERHOUT", 'B'}, {"OOSTERWOLDE", 'F'},
};
const size_t kp_town_unmarked_count = sizeof(kp_town_unmarked) / sizeof(kp_town_unmarked[0]);

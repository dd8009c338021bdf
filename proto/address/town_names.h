/* Other names of towns, and marks of provinces behind them. */
#ifndef KP_PROTO_ADDRESS_TOWN_NAMES_H
#define KP_PROTO_ADDRESS_TOWN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Letters and digits only, after words have been replaced by kp_town_words. */
struct kp_town_name {
    const char *other, *name;
};
extern const struct kp_town_name kp_town_names[];
extern const size_t kp_town_name_count;

struct kp_town_word {
    const char *form, *word;
    bool inside; /* only between other words */
};
extern const struct kp_town_word kp_town_words[];
extern const size_t kp_town_word_count;

struct kp_town_province {
    const char *mark;
    int province;
};
extern const struct kp_town_province kp_town_provinces[];
extern const size_t kp_town_province_count;
/* By their skeletons: towns whose name another town has with a mark. */
extern const struct kp_town_province kp_town_unmarked[];
extern const size_t kp_town_unmarked_count;

#endif

#include "proto/address/place.h"
#include "proto/address/fold.h"
#include "proto/address/spelling.h"
#include "proto/address/street.h"

#include <string.h>

#define TOWNS_MAX 64
#define LETTERS_FOR_ONE_FAULT 6

/* A registered name as it is compared. One that can't be folded agrees with nothing. */
static void fold(char out[static KP_FOLDED_MAX], const char *name)
{
    if (kp_fold(out, name, strlen(name)) != KP_RULE_NONE) {
        out[0] = '\0';
    }
}

static bool same_letters(const char *a, const char *b)
{
    char first[KP_STREET_SKELETON];
    char second[KP_STREET_SKELETON];
    return kp_street_skeleton(first, sizeof(first), a, false) > 0 &&
           kp_street_skeleton(second, sizeof(second), b, false) > 0 && strcmp(first, second) == 0;
}

/* A name that says beside, "ACHTER DE DOM", is only a street when it is one letter by letter: or
 * "NAAST KERKSTRAAT" could be one that is registered as "N KERKSTRAAT". */
static bool begins_with_near(const char *name)
{
    size_t size = 0;
    while (name[size] >= 'A' && name[size] <= 'Z') {
        size++;
    }
    return kp_spelling_is_near(name, size);
}

/* How well the name is that of the town: 0 not, 1 it agrees, 2 the mark of the province too, 3
 * letter by letter. */
static int town_rank(const char *written, const char *registered)
{
    if (same_letters(written, registered)) {
        return 3;
    }
    if (!kp_town_agrees(written, registered)) {
        return 0;
    }
    int province = kp_town_province(written);
    return province != 0 && kp_town_province(registered) == province ? 2 : 1;
}

/* The towns that the name can be, of the best rank. *count is more than TOWNS_MAX when the register
 * has more of that skeleton than are looked at: no country has. */
static enum kp_status find_towns(const struct kp_register *reg, const char *town,
                                 uint32_t towns[static TOWNS_MAX], size_t *count,
                                 struct kp_error *error)
{
    char skeleton[KP_STREET_SKELETON];
    uint32_t found[TOWNS_MAX];
    size_t all = 0;
    int best = 1;
    *count = 0;
    if (kp_town_skeleton(skeleton, sizeof(skeleton), town) == 0) {
        return KP_OK;
    }
    enum kp_status status = kp_register_towns_by_name(reg, skeleton, found, TOWNS_MAX, &all, error);
    if (all > TOWNS_MAX) {
        *count = all;
        return status;
    }
    for (size_t i = 0; status == KP_OK && i < all; i++) {
        char name[KP_REGISTER_STREET_TEXT];
        char folded[KP_FOLDED_MAX];
        status = kp_register_town(reg, found[i], name, error);
        if (status != KP_OK) {
            break;
        }
        fold(folded, name);
        int rank = town_rank(town, folded);
        if (rank < best) {
            continue;
        }
        *count = rank > best ? 0 : *count;
        best = rank;
        towns[(*count)++] = found[i];
    }
    return status;
}

/* Streets of the town with this skeleton that the name agrees with; all of them when it is exact.
 */
static enum kp_status find_by(const struct kp_register *reg, uint32_t town, const char *street,
                              const char *skeleton, bool short_form, struct kp_place_streets *out,
                              struct kp_error *error)
{
    uint32_t found[KP_PLACE_STREETS_MAX];
    size_t count = 0;
    enum kp_status status = kp_register_streets_by_name(reg, town, skeleton, short_form, found,
                                                        KP_PLACE_STREETS_MAX, &count, error);
    if (status == KP_OK && count > KP_PLACE_STREETS_MAX) {
        out->rule = KP_RULE_MANY;
        return KP_OK;
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        struct kp_register_street registered;
        char folded[KP_FOLDED_MAX];
        if (short_form) {
            status = kp_register_street(reg, found[i], &registered, error);
            if (status != KP_OK) {
                break;
            }
            fold(folded, registered.name);
            if (!kp_street_agrees(street, folded)) {
                continue;
            }
        }
        if (out->count == KP_PLACE_STREETS_MAX) {
            out->rule = KP_RULE_MANY;
            return KP_OK;
        }
        out->street[out->count++] = found[i];
    }
    return status;
}

/* The name with its last two words as one, "KERK STR." "KERKSTR."; false: it has only one. */
static bool join_last(char out[static KP_FOLDED_MAX], const char *street)
{
    const char *space = strrchr(street, ' ');
    if (space == NULL) {
        return false;
    }
    size_t before = (size_t)(space - street);
    memcpy(out, street, before);
    memcpy(out + before, space + 1, strlen(space + 1) + 1);
    return true;
}

/* The streets of the town that the name can be: those that are called so, or those that agree. */
static enum kp_status find_in_town(const struct kp_register *reg, uint32_t town, const char *street,
                                   struct kp_place_streets *out, struct kp_error *error)
{
    char skeleton[KP_STREET_SKELETON];
    char joined[KP_FOLDED_MAX];
    size_t before = out->count;
    if (kp_street_skeleton(skeleton, sizeof(skeleton), street, false) == 0) {
        return KP_OK;
    }
    enum kp_status status = find_by(reg, town, street, skeleton, false, out, error);
    if (status != KP_OK || out->count > before || begins_with_near(street)) {
        return status;
    }
    if (kp_street_skeleton(skeleton, sizeof(skeleton), street, true) > 0) {
        status = find_by(reg, town, street, skeleton, true, out, error);
    }
    if (status == KP_OK && out->count == before && join_last(joined, street) &&
        kp_street_skeleton(skeleton, sizeof(skeleton), joined, true) > 0) {
        status = find_by(reg, town, street, skeleton, true, out, error);
    }
    return status;
}

enum kp_status kp_place_streets(const struct kp_register *reg, const char *street, const char *town,
                                struct kp_place_streets *out, struct kp_error *error)
{
    uint32_t towns[TOWNS_MAX];
    size_t count = 0;
    out->count = 0;
    out->rule = KP_RULE_NO_PLACE;
    if (street[0] == '\0' || town[0] == '\0') {
        return KP_OK;
    }
    enum kp_status status = find_towns(reg, town, towns, &count, error);
    out->rule = count == 0 ? KP_RULE_NO_TOWN : count > TOWNS_MAX ? KP_RULE_MANY : KP_RULE_NONE;
    for (size_t i = 0; status == KP_OK && out->rule == KP_RULE_NONE && i < count; i++) {
        status = find_in_town(reg, towns[i], street, out, error);
    }
    if (out->rule == KP_RULE_MANY) {
        out->count = 0;
    } else if (out->rule == KP_RULE_NONE && out->count == 0) {
        out->rule = KP_RULE_NO_STREET;
    }
    return status;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

/* How many letters must be changed, added or left out to make one of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[KP_STREET_SKELETON];
    size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = least(change, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[width];
}

static size_t take_digits(char out[static KP_STREET_SKELETON], const char *from)
{
    size_t size = 0;
    for (; *from != '\0'; from++) {
        if (*from >= '0' && *from <= '9') {
            out[size++] = *from;
        }
    }
    out[size] = '\0';
    return size;
}

/* Equal but for a letter or two; numbers in the names are the same. */
static bool is_nearly(const char *written, const char *registered)
{
    char a[KP_STREET_SKELETON];
    char b[KP_STREET_SKELETON];
    char digits[2][KP_STREET_SKELETON];
    size_t size = kp_street_skeleton(a, sizeof(a), written, false);
    size_t other = kp_street_skeleton(b, sizeof(b), registered, false);
    size_t shorter = size < other ? size : other;
    if (shorter < LETTERS_FOR_ONE_FAULT) {
        return false;
    }
    (void)take_digits(digits[0], a);
    (void)take_digits(digits[1], b);
    return strcmp(digits[0], digits[1]) == 0 && distance(a, b) <= shorter / LETTERS_FOR_ONE_FAULT;
}

static bool is_among(const struct kp_place_streets *streets, uint32_t street)
{
    for (size_t i = 0; i < streets->count; i++) {
        if (streets->street[i] == street) {
            return true;
        }
    }
    return false;
}

/* Whether the name is that of the street. What is another street of the town isn't. */
static enum kp_status street_agreement(const struct kp_register *reg, const char *street,
                                       uint32_t number, const struct kp_register_street *registered,
                                       enum kp_place_agreement *agreement, struct kp_error *error)
{
    struct kp_place_streets called = {.rule = KP_RULE_NONE};
    char folded[KP_FOLDED_MAX];
    fold(folded, registered->name);
    *agreement = KP_PLACE_AGREES;
    if (same_letters(street, folded)) {
        return KP_OK;
    }
    enum kp_status status = find_in_town(reg, registered->town_number, street, &called, error);
    if (status != KP_OK || is_among(&called, number)) {
        return status;
    }
    bool another = called.count > 0 || called.rule == KP_RULE_MANY || begins_with_near(street);
    if (another || (!kp_street_confirms(street, folded) && !is_nearly(street, folded))) {
        *agreement = KP_PLACE_CONTRADICTS;
    } else if (!kp_street_confirms(street, folded)) {
        *agreement = KP_PLACE_NEARLY;
    }
    return KP_OK;
}

static enum kp_status town_agreement(const struct kp_register *reg, const struct kp_place *place,
                                     const struct kp_register_street *registered,
                                     enum kp_place_agreement *agreement, struct kp_error *error)
{
    char folded[KP_FOLDED_MAX];
    uint32_t towns[TOWNS_MAX];
    size_t count = 0;
    fold(folded, registered->town);
    *agreement = KP_PLACE_AGREES;
    if (same_letters(place->town, folded) || kp_town_agrees(place->town, folded)) {
        return KP_OK;
    }
    enum kp_status status = find_towns(reg, place->town, towns, &count, error);
    if (count > 0) {
        *agreement = KP_PLACE_CONTRADICTS;
    } else if (is_nearly(place->town, folded)) {
        *agreement = KP_PLACE_NEARLY;
    } else {
        *agreement = place->column ? KP_PLACE_IGNORED : KP_PLACE_CONTRADICTS;
    }
    return status;
}

static bool is_written(const char *name)
{
    return name != NULL && name[0] != '\0';
}

enum kp_status kp_place_agreement(const struct kp_register *reg, struct kp_place *place,
                                  uint32_t street, enum kp_place_agreement *agreement,
                                  struct kp_error *error)
{
    struct kp_register_street registered;
    enum kp_place_agreement by_street = KP_PLACE_SILENT;
    enum kp_place_agreement by_town = KP_PLACE_SILENT;
    enum kp_status status = KP_OK;
    *agreement = KP_PLACE_SILENT;
    if (!is_written(place->street) && !is_written(place->town)) {
        return KP_OK;
    }
    if (place->asked && place->last == street) {
        *agreement = place->agreement;
        return KP_OK;
    }
    status = kp_register_street(reg, street, &registered, error);
    if (status == KP_OK && is_written(place->street)) {
        status = street_agreement(reg, place->street, street, &registered, &by_street, error);
    }
    if (status == KP_OK && is_written(place->town)) {
        status = town_agreement(reg, place, &registered, &by_town, error);
    }
    *agreement = by_street > by_town ? by_street : by_town;
    place->asked = status == KP_OK;
    place->last = street;
    place->agreement = *agreement;
    return status;
}

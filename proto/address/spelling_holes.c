/* Postcodes and ids in a text: stretches that are something by themselves. */
#include "proto/address.h"
#include "proto/address/spelling_internal.h"

#include <string.h>

/* A postcode with letters begins at text[from]; its size, or 0. "1234 AB", "1234-AB", "1234AB12".
 */
static size_t postcode_at(const char *text, size_t from, char postcode[static 7])
{
    const char *at = text + from;
    if (at[0] < '1' || !kp_spelling_is_digit(at[0]) || !kp_spelling_is_digit(at[1]) ||
        !kp_spelling_is_digit(at[2]) || !kp_spelling_is_digit(at[3])) {
        return 0;
    }
    size_t size = 4;
    while (size < 7 && at[size] != '\0' && strchr(" .-_", at[size]) != NULL) {
        size++;
    }
    if (at[size] < 'A' || at[size] > 'Z' || at[size + 1] < 'A' || at[size + 1] > 'Z' ||
        kp_spelling_is_letter(at[size + 2])) {
        return 0;
    }
    memcpy(postcode, at, 4);
    postcode[4] = at[size];
    postcode[5] = at[size + 1];
    postcode[6] = '\0';
    return size + 2;
}

bool kp_spelling_has_postcode(const char *text, size_t from, size_t to)
{
    char postcode[7];
    for (size_t i = from; i + 5 < to; i++) {
        bool front = i == from || text[i - 1] == ' ' || kp_spelling_is_separator(text[i - 1]);
        if (front && postcode_at(text, i, postcode) != 0) {
            return true;
        }
    }
    return false;
}

static bool starts_word(const char *text, size_t at)
{
    if (at == 0 || (!kp_spelling_is_letter(text[at - 1]) && !kp_spelling_is_digit(text[at - 1]))) {
        return true;
    }
    /* "NL1234AB" */
    return at >= 2 && memcmp(text + at - 2, "NL", 2) == 0 &&
           (at == 2 ||
            !(kp_spelling_is_letter(text[at - 3]) || kp_spelling_is_digit(text[at - 3])));
}

/* Where the country's mark before a postcode begins: "NL-1234 AB", "NL 1234 AB". */
static size_t with_country(const char *text, size_t at)
{
    size_t end = at;
    if (end > 0 && (text[end - 1] == '-' || text[end - 1] == ' ')) {
        end--;
    }
    bool mark = end >= 2 && memcmp(text + end - 2, "NL", 2) == 0 &&
                (end == 2 ||
                 !(kp_spelling_is_letter(text[end - 3]) || kp_spelling_is_digit(text[end - 3])));
    return mark ? end - 2 : at;
}

/* A postcode without its letters, before a town or at the end: "KERKSTRAAT 12, 1234 UTRECHT". */
static bool digits_at(const char *text, size_t at, unsigned *digits)
{
    size_t size = strspn(text + at, "0123456789");
    const char *behind = text + at + size;
    if (at == 0 || size != 4 || text[at] == '0') {
        return false;
    }
    behind += strspn(behind, " ,");
    char postcode[7];
    size_t whole = postcode_at(text, at, postcode); /* "1234 DE BILT" can be both */
    if (whole != 0 && (kp_spelling_is_letter(text[at + 4]) || text[at + whole] != ' ')) {
        return false;
    }
    *digits = (unsigned)(text[at] - '0') * 1000 + (unsigned)(text[at + 1] - '0') * 100 +
              (unsigned)(text[at + 2] - '0') * 10 + (unsigned)(text[at + 3] - '0');
    return text[at + size] != '\0' && (kp_spelling_is_letter(*behind) || *behind == '\'');
}

static bool id_at(const char *text, size_t at, uint64_t *id)
{
    size_t size = strspn(text + at, "0123456789");
    return size == 16 && kp_bag_id_read(id, text + at, size) == KP_OK &&
           (kp_bag_id_type(*id) == KP_BAG_NUMBER || kp_bag_is_object(*id));
}

bool kp_spelling_hole_at(struct kp_spelling_hole *hole, const char *text, size_t at, bool digits)
{
    *hole = (struct kp_spelling_hole){.from = at, .to = at + 4};
    if (!kp_spelling_is_digit(text[at]) || !starts_word(text, at)) {
        return false;
    }
    if (digits) {
        return digits_at(text, at, &hole->has.digits);
    }
    size_t size = postcode_at(text, at, hole->has.postcode);
    hole->from = with_country(text, at);
    hole->to = at + size;
    return size > 0;
}

size_t kp_spelling_find_id(const char *text, size_t begin, size_t end, uint64_t *id)
{
    for (size_t at = begin; at + KP_BAG_ID_TEXT - 1 <= end; at++) {
        if (kp_spelling_is_digit(text[at]) && starts_word(text, at) && id_at(text, at, id)) {
            return at;
        }
    }
    return end;
}

#include "proto/address/street.h"
#include "proto/address/street_tokens.h"
#include "proto/address/town_names.h"

#include <string.h>

/* The province that the word is a mark of: "GLD" 'G'; 0: none. Marks of one province differ in
 * length and fashion. */
static int province_of(const char *word, size_t size)
{
    for (size_t i = 0; i < kp_town_province_count; i++) {
        if (kp_street_is(word, size, kp_town_provinces[i].mark)) {
            return kp_town_provinces[i].province;
        }
    }
    return 0;
}

/* The mark at the end, as a province, or 0. *words: of the name without it. A lone letter is a mark
 * only in brackets ("BERGEN (L)"). "N BR" and "N H" are two words. */
static int province(const struct kp_street_tokens *tokens, bool brackets, size_t *words)
{
    *words = tokens->count;
    for (size_t parts = 2; parts >= 1; parts--) {
        if (tokens->count <= parts) {
            continue;
        }
        size_t from = tokens->start[tokens->count - parts];
        size_t size = tokens->size - from;
        int found = size == 1 && !brackets ? 0 : province_of(tokens->text + from, size);
        if (found != 0) {
            *words = tokens->count - parts;
            return found;
        }
    }
    return 0;
}

static bool has_brackets(const char *name)
{
    return strchr(name, '(') != NULL;
}

/* What the word is in names of towns in general, or NULL: itself. */
static const char *word_for(const struct kp_street_tokens *tokens, size_t i, size_t words)
{
    bool inside = i > 0 && i + 1 < words;
    const char *word = kp_street_token(tokens, i);
    size_t size = kp_street_token_size(tokens, i);
    for (size_t j = 0; j < kp_town_word_count; j++) {
        const struct kp_town_word *row = &kp_town_words[j];
        if ((inside || !row->inside) && kp_street_is(word, size, row->form)) {
            return row->word;
        }
    }
    return NULL;
}

static size_t put(char *out, size_t size, size_t written, const char *text, size_t length)
{
    if (length >= size - written) {
        return size; /* too long */
    }
    memcpy(out + written, text, length);
    return written + length;
}

static int compare_town(char *out, size_t *written, size_t size)
{
    for (size_t i = 0; i < kp_town_name_count; i++) {
        if (kp_street_is(out, *written, kp_town_names[i].other) &&
            strlen(kp_town_names[i].name) < size) {
            *written = strlen(kp_town_names[i].name);
            memcpy(out, kp_town_names[i].name, *written + 1);
            return 1;
        }
    }
    return 0;
}

size_t kp_town_skeleton(char *out, size_t size, const char *folded_name)
{
    struct kp_street_tokens tokens;
    size_t words = 0;
    size_t written = 0;
    if (size == 0) {
        return 0;
    }
    out[0] = '\0';
    if (!kp_street_tokens(&tokens, folded_name)) {
        return 0;
    }
    (void)province(&tokens, has_brackets(folded_name), &words);
    for (size_t i = 0; i < words; i++) {
        const char *general = word_for(&tokens, i, words);
        written = general != NULL ? put(out, size, written, general, strlen(general))
                                  : put(out, size, written, kp_street_token(&tokens, i),
                                        kp_street_token_size(&tokens, i));
        if (written == size) {
            out[0] = '\0';
            return 0;
        }
    }
    out[written] = '\0';
    (void)compare_town(out, &written, size);
    return written;
}

int kp_town_province(const char *folded_name)
{
    struct kp_street_tokens tokens;
    size_t words;
    return kp_street_tokens(&tokens, folded_name)
               ? province(&tokens, has_brackets(folded_name), &words)
               : 0;
}

/* Of a registered town: its mark, or where the register's town of that name without a mark lies. */
static int registered_province(const char *folded_name, const char *skeleton)
{
    int marked = kp_town_province(folded_name);
    for (size_t i = 0; marked == 0 && i < kp_town_unmarked_count; i++) {
        if (strcmp(kp_town_unmarked[i].mark, skeleton) == 0) {
            return kp_town_unmarked[i].province;
        }
    }
    return marked;
}

bool kp_town_agrees(const char *written, const char *registered)
{
    char a[KP_STREET_SKELETON];
    char b[KP_STREET_SKELETON];
    if (kp_town_skeleton(a, sizeof(a), written) == 0 ||
        kp_town_skeleton(b, sizeof(b), registered) == 0 || strcmp(a, b) != 0) {
        return false;
    }
    int of_written = kp_town_province(written);
    int of_registered = registered_province(registered, b);
    return of_written == 0 || of_registered == 0 || of_written == of_registered;
}

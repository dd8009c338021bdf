#include "proto/address/plain.h"

#include <stdio.h>
#include <string.h>

#define BARE_MAX 64

static bool is_letter(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static void put(struct kp_address *address, const char *letter, size_t letter_size,
                const char *addition)
{
    memcpy(address->house_letter, letter, letter_size);
    address->house_letter[letter_size] = '\0';
    size_t size = strlen(addition); /* the caller saw that it fits */
    memcpy(address->addition, addition, size + 1);
}

/* Each in a column of its own, and as these should be. */
static bool put_columns(struct kp_address *address, const struct kp_plain_rest *rest)
{
    char letter[BARE_MAX];
    char addition[BARE_MAX];
    char number[BARE_MAX];
    bool good = kp_words_bare(number, sizeof(number), rest->rest) != KP_BARE_NOT &&
                number[0] == '\0' &&
                kp_words_bare(letter, sizeof(letter), rest->letter) != KP_BARE_NOT &&
                kp_words_bare(addition, sizeof(addition), rest->addition) == KP_BARE;
    size_t letters = strlen(letter);
    if (!good || letters > 1 || (letters == 1 && !is_letter(letter[0])) ||
        strlen(addition) >= sizeof(address->addition)) {
        return false;
    }
    put(address, letter, letters, addition);
    return true;
}

/* "A", "A2", "2", "BIS". */
static bool put_literal(struct kp_address *address, const char *text)
{
    char bare[BARE_MAX];
    if (kp_words_bare(bare, sizeof(bare), text) != KP_BARE) {
        return false;
    }
    size_t size = strlen(bare);
    bool digits = size > 1 && strspn(bare + 1, "0123456789") == size - 1;
    bool lettered = is_letter(bare[0]) && (size == 1 || digits);
    if (size - (lettered ? 1 : 0) >= sizeof(address->addition)) {
        return false;
    }
    put(address, bare, lettered ? 1 : 0, bare + (lettered ? 1 : 0));
    return true;
}

/* "2 HOOG" is "2". */
static bool put_words(struct kp_address *address, const char *text, const struct kp_words *words)
{
    struct kp_word_parts parts;
    if (!kp_words_split(&parts, words, 0, text)) {
        return false;
    }
    char joined[KP_WORDS_PARTS * KP_WORD_MAX + 1] = "";
    for (size_t i = 0; i < parts.count; i++) {
        char first[KP_WORD_MAX];
        kp_words_first(first, words, &parts.part[i]);
        size_t used = strlen(joined);
        if (used > 0 && strspn(joined + used - 1, "0123456789") == 1 &&
            strspn(first, "0123456789") > 0) {
            return false; /* no two numbers become one */
        }
        strcat(joined, first);
    }
    return put_literal(address, joined);
}

enum kp_address_rule kp_plain_rest(struct kp_address *address, const struct kp_plain_rest *rest,
                                   const struct kp_words *words)
{
    char all[KP_FOLDED_MAX * 3];
    snprintf(all, sizeof(all), "%s %s %s", rest->rest, rest->letter, rest->addition);
    bool good =
        put_columns(address, rest) || put_literal(address, all) || put_words(address, all, words);
    return good ? KP_RULE_TEXT : KP_RULE_TEXT_FORM;
}

bool kp_plain_belongs(const char *rest, const struct kp_words *words)
{
    struct kp_word_parts parts;
    if (!kp_words_split(&parts, words, 0, rest) || parts.count > 3) {
        return false;
    }
    size_t letters = 0;
    for (size_t i = 0; i < parts.count; i++) {
        bool number = strspn(parts.part[i].text, "0123456789") > 0;
        bool word = parts.part[i].class_count > 0;
        letters += parts.part[i].letter && !word ? 1 : 0;
        if (!number && !word && !parts.part[i].letter) {
            return false;
        }
    }
    return letters < 2;
}

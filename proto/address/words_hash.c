#include "crypto/hash.h"
#include "proto/address/words_internal.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_ROW "Kruispunt-v1 address words row"
#define LABEL_TABLE "Kruispunt-v1 address words"

static int compare_texts(const struct kp_word *one, const struct kp_word *other)
{
    int order = (int)one->kind - (int)other->kind;
    order = order != 0 ? order : strcmp(one->head, other->head);
    return order != 0 ? order : strcmp(one->tail, other->tail);
}

/* The row's first word before the same one once more. */
static int compare_words(const void *a, const void *b)
{
    const struct kp_word *one = a;
    const struct kp_word *other = b;
    int order = compare_texts(one, other);
    return order != 0 ? order : (int)other->first - (int)one->first;
}

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, KP_DIGEST_BYTES);
}

/* words: of one row, in order. */
static void hash_row(uint8_t digest[static KP_DIGEST_BYTES], const char *town,
                     const struct kp_word *words, size_t count)
{
    struct kp_hash hash;
    kp_hash_start(&hash, LABEL_ROW);
    kp_hash_field(&hash, town, strlen(town));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_texts(&words[i - 1], &words[i]) == 0) {
            continue;
        }
        kp_hash_number(&hash, (uint64_t)words[i].kind * 2 + (words[i].first ? 1 : 0));
        kp_hash_field(&hash, words[i].head, words[i].head_size);
        kp_hash_field(&hash, words[i].tail, words[i].tail_size);
    }
    kp_hash_digest(&hash, digest);
}

/* What the rows mean to each other doesn't depend on the order of the words in them. */
static void hash_rows(uint8_t (*digests)[KP_DIGEST_BYTES], struct kp_words *words)
{
    size_t row = 0;
    for (size_t at = 0; at < words->count; row++) {
        size_t end = at + 1;
        while (end < words->count && words->words[end].row == words->words[at].row) {
            end++;
        }
        qsort(words->words + at, end - at, sizeof(words->words[0]), compare_words);
        hash_row(digests[row], words->towns[words->words[at].town], words->words + at, end - at);
        at = end;
    }
}

bool kp_words_make_hash(struct kp_words *words)
{
    uint8_t(*digests)[KP_DIGEST_BYTES] = calloc(words->rows + 1, sizeof(*digests));
    if (digests == NULL) {
        return false;
    }
    hash_rows(digests, words);
    qsort(digests, words->rows, sizeof(*digests), compare_rows);
    struct kp_hash hash;
    kp_hash_start(&hash, LABEL_TABLE);
    for (size_t i = 0; i < words->rows; i++) {
        if (i == 0 || compare_rows(digests[i - 1], digests[i]) != 0) {
            kp_hash_field(&hash, digests[i], sizeof(digests[i]));
        }
    }
    kp_hash_digest(&hash, words->hash);
    free(digests);
    return true;
}

void kp_words_hash(uint8_t hash[static KP_WORDS_HASH], const struct kp_words *words)
{
    memcpy(hash, words->hash, KP_WORDS_HASH);
}

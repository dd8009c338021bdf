/* Targets of what partners write behind house numbers, of a table of words, and of whole addresses.
 */
#include "proto/address/words.h"
#include "proto/address/resolve.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Takes a text apart by a table: the parts fit, and each matches itself. */
static void check_split(const struct kp_words *words, const char *text)
{
    struct kp_word_parts parts;
    if (!kp_words_split(&parts, words, 0, text)) {
        return;
    }
    FUZZ_CHECK(parts.count <= KP_WORDS_PARTS);
    for (size_t i = 0; i < parts.count; i++) {
        char first[KP_WORD_MAX];
        FUZZ_CHECK(parts.part[i].text[0] != '\0' &&
                   memchr(parts.part[i].text, '\0', KP_WORD_MAX) != NULL);
        FUZZ_CHECK(parts.part[i].class_count <= KP_WORD_CLASSES);
        FUZZ_CHECK(kp_words_match(&parts.part[i], &parts.part[i]) == KP_WORDS_EQUAL);
        kp_words_first(first, words, &parts.part[i]);
        FUZZ_CHECK(first[0] != '\0' && memchr(first, '\0', sizeof(first)) != NULL);
    }
}

/* A table, and behind a NUL what is taken apart by it. */
void fuzz_words(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(bytes, '\0', size);
    size_t table = end == NULL ? size : (size_t)(end - bytes);
    struct kp_words *words = NULL;
    struct kp_error error = {0};
    if (kp_words_parse(&words, (const char *)bytes, table, "fuzz", &error) != KP_OK) {
        FUZZ_CHECK(words == NULL && error.text[0] != '\0');
        return;
    }
    char text[256] = "";
    size_t rest = end == NULL ? 0 : size - table - 1;
    rest = rest < sizeof(text) - 1 ? rest : sizeof(text) - 1;
    memcpy(text, bytes + size - (end == NULL ? 0 : size - table - 1), rest);
    text[rest] = '\0';
    check_split(words, text);
    kp_words_close(words);
}

static void check_result(const struct kp_address_result *result)
{
    FUZZ_CHECK(result->verdict == KP_ADDRESS_RESOLVED || result->verdict == KP_ADDRESS_UNKNOWN ||
               result->verdict == KP_ADDRESS_REFUSED);
    FUZZ_CHECK(result->rule > KP_RULE_NONE && result->rule < KP_RULES);
    FUZZ_CHECK(result->object == 0 && result->nummeraanduiding == 0 &&
               result->candidate_count == 0);
    FUZZ_CHECK(result->verdict != KP_ADDRESS_RESOLVED ||
               kp_key_check(KP_KEY_SCHEME_TEXT, result->key) == KP_OK);
}

/* The fields of an address, each ended by a line end, in the text form: a key or a reason, and the
 * same again. The first byte says which fields are given. */
void fuzz_address(const uint8_t *bytes, size_t size)
{
    static struct kp_words *words;
    static struct kp_resolver *resolver;
    static struct kp_address_trace trace;
    char text[2048];
    if (size < 2 || size > sizeof(text) - 1) {
        return;
    }
    if (resolver == NULL) {
        FUZZ_CHECK(kp_words_open(&words, NULL, NULL) == KP_OK &&
                   kp_resolver_new(&resolver, NULL, words, NULL) == KP_OK);
    }
    memcpy(text, bytes + 1, size - 1);
    text[size - 1] = '\0';
    struct kp_address_input input = {0};
    const char **fields[] = {&input.text,         &input.id,           &input.postcode,
                             &input.house_number, &input.house_letter, &input.addition,
                             &input.street,       &input.town};
    char *rest = text;
    for (size_t i = 0; i < 8 && rest != NULL; i++) {
        if ((bytes[0] >> i & 1) != 0) {
            *fields[i] = strsep(&rest, "\n");
        }
    }
    struct kp_address_result one;
    struct kp_address_result other;
    trace.size = 0;
    FUZZ_CHECK(kp_address_resolve(resolver, &input, &one, &trace, NULL) == KP_OK);
    check_result(&one);
    FUZZ_CHECK(trace.size < KP_ADDRESS_TRACE_MAX && strlen(trace.text) == trace.size);
    FUZZ_CHECK(kp_address_resolve(resolver, &input, &other, NULL, NULL) == KP_OK);
    FUZZ_CHECK(memcmp(&one, &other, sizeof(one)) == 0);
}

/* The tables of spellings (tests/vectors/addresses): each a register and what becomes of addresses
 * as people write them. */
#include "proto/address/resolve.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER KP_VECTORS_DIR "/addresses/"

struct row {
    char *rule, *spelling, *verdict, *expected;
};

/* "rule | spelling | verdict | expected"; false: a heading, a comment, or an empty line. */
static bool take_row(struct row *row, char *line)
{
    char *parts[4];
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0') {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        parts[i] = line;
        char *bar = strstr(line, " | ");
        CU_ASSERT_FATAL((bar == NULL) == (i == 3));
        if (bar != NULL) {
            *bar = '\0';
            line = bar + 3;
        }
    }
    *row = (struct row){parts[0], parts[1], parts[2], parts[3]};
    return true;
}

/* "\\u00a0" and "\\t" in the table are the characters. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        if (at[0] == '\\' && at[1] == 't') {
            *to++ = '\t';
            at += 2;
        } else if (at[0] == '\\' && at[1] == 'u') {
            const char digits[] = {at[2], at[3], at[4], at[5], '\0'};
            unsigned character = (unsigned)strtoul(digits, NULL, 16);
            if (character >= 0x800) {
                *to++ = (char)(0xe0 | character >> 12);
                *to++ = (char)(0x80 | (character >> 6 & 0x3f));
            } else if (character >= 0x80) {
                *to++ = (char)(0xc0 | character >> 6);
            }
            *to++ = (char)(character < 0x80 ? character : 0x80 | (character & 0x3f));
            at += 6;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

/* A text, or "@ field=value; field=value". */
static struct kp_address_input read_input(char *spelling)
{
    struct kp_address_input input = {0};
    const struct {
        const char *name, **value;
    } fields[] = {
        {"text", &input.text},
        {"id", &input.id},
        {"postcode", &input.postcode},
        {"house_number", &input.house_number},
        {"house_letter", &input.house_letter},
        {"addition", &input.addition},
        {"street", &input.street},
        {"town", &input.town},
    };
    unescape(spelling);
    if (spelling[0] != '@') {
        input.text = spelling;
        return input;
    }
    char *rest = NULL;
    for (char *part = strtok_r(spelling + 1, ";", &rest); part != NULL;
         part = strtok_r(NULL, ";", &rest)) {
        bool known = false;
        part += strspn(part, " ");
        char *value = strchr(part, '=');
        CU_ASSERT_FATAL(value != NULL);
        *value++ = '\0';
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
            if (strcmp(part, fields[i].name) == 0) {
                *fields[i].value = value;
                known = true;
            }
        }
        CU_ASSERT_FATAL(known);
    }
    return input;
}

/* The last four digits of the object, or of the candidates; "-": none; `number`: the number's
 * behind the object's. Without a register the key. */
static void show(char *out, size_t size, const struct kp_address_result *result, bool number)
{
    size_t written = 0;
    (void)snprintf(out, size, "-");
    if (result->verdict == KP_ADDRESS_RESOLVED) {
        char key[KP_KEY_TEXT];
        kp_key_text(key, result->key);
        (void)snprintf(out, size, number ? "%04u/%04u" : "%04u", (unsigned)(result->object % 10000),
                       (unsigned)(result->nummeraanduiding % 10000));
        if (result->object == 0) {
            (void)snprintf(out, size, "%s", key);
        }
        return;
    }
    for (size_t i = 0; i < result->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        written += (size_t)snprintf(out + written, size - written, "%s%04u", i == 0 ? "" : " ",
                                    (unsigned)(result->candidates[i] % 10000));
    }
}

static bool holds(const struct row *row, const struct kp_address_result *result)
{
    char shown[KP_ADDRESS_CANDIDATES_MAX * 5 + 2];
    show(shown, sizeof(shown), result, strchr(row->expected, '/') != NULL);
    bool good = strcmp(row->rule, kp_address_rule_name(result->rule)) == 0 &&
                strcmp(row->verdict, kp_address_verdict_name(result->verdict)) == 0 &&
                (strcmp(row->expected, "?") == 0 || strcmp(row->expected, shown) == 0);
    if (!good) {
        fprintf(stderr, "%s: %s %s %s, not %s %s %s\n", row->spelling,
                kp_address_rule_name(result->rule), kp_address_verdict_name(result->verdict), shown,
                row->rule, row->verdict, row->expected);
    }
    return good;
}

/* The register NAME.csv. */
static struct kp_register *make_register(const char *name)
{
    char path[512];
    struct kp_error error = {0};
    struct kp_register *reg = NULL;
    (void)snprintf(path, sizeof(path), FOLDER "%s.csv", name);
    struct register_made made = register_make(scratch(name), path);
    CU_ASSERT_FATAL(made.status == KP_OK && made.counts.bad == 0);
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch(name), NULL, &error) == KP_OK);
    return reg;
}

/* All rows of NAME.txt, over the register NAME.csv or without one. */
static size_t run_table(const char *name, bool registered)
{
    char path[512];
    char line[1024];
    size_t rows = 0;
    struct kp_error error = {0};
    struct kp_register *reg = registered ? make_register(name) : NULL;
    struct kp_words *words = NULL;
    struct kp_resolver *resolver = NULL;
    struct row row;
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_resolver_new(&resolver, reg, words, &error) == KP_OK);
    (void)snprintf(path, sizeof(path), FOLDER "%s.txt", name);
    FILE *file = fopen(path, "r");
    CU_ASSERT_FATAL(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct kp_address_result result;
        if (!take_row(&row, line)) {
            continue;
        }
        char spelling[sizeof(line)];
        (void)snprintf(spelling, sizeof(spelling), "%s", row.spelling);
        const struct kp_address_input input = read_input(spelling);
        CU_ASSERT_FATAL(kp_address_resolve(resolver, &input, &result, NULL, &error) == KP_OK);
        CU_ASSERT(holds(&row, &result));
        rows++;
    }
    (void)fclose(file);
    kp_resolver_free(resolver);
    kp_words_close(words);
    kp_register_close(reg);
    return rows;
}

static void streets_and_towns(void)
{
    CU_ASSERT(run_table("streets", true) >= 240);
}

static void numbers_and_columns(void)
{
    CU_ASSERT(run_table("numbers", true) >= 280);
}

static void without_a_register(void)
{
    CU_ASSERT(run_table("plain", false) >= 24);
}

/* Every rule stands in docs/addresses.md by its name, and in one of the tables. */
static bool stands_in(const char *path, const char *before, const char *name, const char *behind)
{
    char line[4096];
    char text[128];
    bool found = false;
    (void)snprintf(text, sizeof(text), "%s%s%s", before, name, behind);
    FILE *file = fopen(path, "r");
    CU_ASSERT_FATAL(file != NULL);
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        const char *at = strstr(line, text);
        found = at != NULL && (before[0] != '\0' || at == line);
    }
    (void)fclose(file);
    return found;
}

static void every_rule_is_told(void)
{
    for (int rule = KP_RULE_NONE + 1; rule < KP_RULES; rule++) {
        const char *name = kp_address_rule_name((enum kp_address_rule)rule);
        bool tested = rule == KP_RULE_MANY || /* a text of many lines */
                      stands_in(FOLDER "numbers.txt", "", name, " | ") ||
                      stands_in(FOLDER "streets.txt", "", name, " | ") ||
                      stands_in(FOLDER "plain.txt", "", name, " | ");
        bool told = stands_in(KP_VECTORS_DIR "/../../docs/addresses.md", "`", name, "`");
        if (!tested || !told) {
            fprintf(stderr, "rule %s: %s\n", name, tested ? "not in the docs" : "in no table");
        }
        CU_ASSERT(tested && told);
        CU_ASSERT(kp_address_rule_text(KP_ADDRESS_UNKNOWN, (enum kp_address_rule)rule)[0] != '\0');
    }
}

static const struct unit_test tests[] = {
    {"streets and towns", streets_and_towns},
    {"numbers and columns", numbers_and_columns},
    {"without a register", without_a_register},
    {"every rule is told", every_rule_is_told},
};

UNIT_MAIN("spellings", tests)

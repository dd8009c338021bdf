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

/* The last four digits of the object, or of the candidates; "-": none. */
static void show(char *out, size_t size, const struct kp_address_result *result)
{
    size_t written = 0;
    (void)snprintf(out, size, "-");
    if (result->verdict == KP_ADDRESS_RESOLVED) {
        (void)snprintf(out, size, "%04u", (unsigned)(result->object % 10000));
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
    show(shown, sizeof(shown), result);
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

/* All rows of NAME.txt over the register NAME.csv. */
static size_t run_table(const char *name)
{
    char path[512];
    char line[1024];
    size_t rows = 0;
    struct kp_error error = {0};
    struct kp_register *reg = NULL;
    struct kp_words *words = NULL;
    struct kp_resolver *resolver = NULL;
    struct row row;
    (void)snprintf(path, sizeof(path), FOLDER "%s.csv", name);
    struct register_made made = register_make(scratch(name), path);
    CU_ASSERT_FATAL(made.status == KP_OK && made.counts.bad == 0);
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch(name), NULL, &error) == KP_OK);
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
        const struct kp_address_input input = {.text = row.spelling};
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
    CU_ASSERT(run_table("streets") >= 240);
}

static const struct unit_test tests[] = {
    {"streets and towns", streets_and_towns},
};

UNIT_MAIN("spellings", tests)

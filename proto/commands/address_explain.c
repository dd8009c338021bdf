#include "proto/address/register.h"
#include "proto/address/resolve.h"
#include "proto/commands/address_commands.h"
#include "proto/commands/address_explained.h"
#include "proto/commands/address_lines.h"
#include "proto/utf8.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERANDS_MAX 256
#define OUTPUT_BUFFER (1u << 20)

struct explain {
    const char *bag, *words_path;
    bool json, help;
    const char *operands[OPERANDS_MAX];
    size_t operand_count;
    char *kept[OPERANDS_MAX]; /* words with a space in front, so that they are no options */
    struct kp_register *reg;
    struct kp_words *words;
    struct kp_resolver *resolver;
    struct kp_explained explained;
    char windows[3 * KP_ADDRESS_LINE_MAX + 1];
};

/* Without --bag the usual place is tried, and being without one is not an error. */
static enum kp_status open_register(struct explain *explain, struct kp_error *error)
{
    const char *dir = explain->bag == NULL ? KP_REGISTER_DEFAULT : explain->bag;
    enum kp_status status = kp_register_open(&explain->reg, dir, NULL, error);
    if (status == KP_USAGE && explain->bag == NULL) {
        fprintf(stderr,
                "no address register (--bag DIR): the text form, which only brings together "
                "what is written alike\n");
        status = KP_OK;
    }
    return status;
}

static enum kp_status open_all(struct explain *explain, struct kp_error *error)
{
    enum kp_status status = kp_words_open(&explain->words, explain->words_path, error);
    if (status == KP_OK) {
        status = open_register(explain, error);
    }
    return status == KP_OK
               ? kp_resolver_new(&explain->resolver, explain->reg, explain->words, error)
               : status;
}

/* What stands there as UTF-8, or a verdict that it is no text. */
static const char *as_text(struct explain *explain, const char *text, size_t size)
{
    struct kp_explained *explained = &explain->explained;
    if (memchr(text, '\0', size) != NULL) {
        explained->result.rule = KP_RULE_NOT_TEXT;
    } else if (!kp_utf8_valid(text, size)) {
        if (kp_address_from_windows(explain->windows, text, size)) {
            KP_ADDRESS_TRACE(&explained->trace, "not UTF-8: read as Windows-1252");
            return explain->windows;
        }
        explained->result.rule = KP_RULE_NOT_TEXT;
    }
    return text;
}

static enum kp_status explain_text(struct explain *explain, const char *text, size_t size,
                                   bool too_long, struct kp_error *error)
{
    struct kp_explained *explained = &explain->explained;
    explained->trace.size = 0;
    explained->trace.text[0] = '\0';
    memset(&explained->result, 0, sizeof(explained->result));
    explained->result.verdict = KP_ADDRESS_REFUSED;
    explained->result.rule = too_long ? KP_RULE_TOO_LONG : KP_RULE_NONE;
    explained->text = text;
    explained->size = size;
    if (!too_long) {
        explained->text = as_text(explain, text, size);
        explained->size = explained->text == text ? size : strlen(explained->text);
    }
    enum kp_status status = KP_OK;
    if (explained->result.rule == KP_RULE_NONE) {
        const struct kp_address_input input = {.text = explained->text};
        status = kp_address_resolve(explain->resolver, &input, &explained->result,
                                    &explained->trace, error);
    }
    if (status == KP_OK) {
        status = kp_explained_print(explained, explain->reg, explain->json, error);
    }
    return status;
}

static enum kp_status explain_lines(struct explain *explain, struct kp_error *error)
{
    struct kp_address_lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for reading lines");
    }
    lines->file = stdin;
    bool end = false;
    enum kp_status status = kp_address_lines_next(lines, &end, error);
    while (status == KP_OK && !end) {
        status = explain_text(explain, lines->line, lines->size, lines->too_long, error);
        if (status == KP_OK) {
            status = kp_address_lines_next(lines, &end, error);
        }
    }
    sodium_memzero(lines, sizeof(*lines));
    free(lines);
    return status;
}

/* The words of the command line are one address. */
static enum kp_status explain_operands(struct explain *explain, struct kp_error *error)
{
    static char text[KP_ADDRESS_LINE_MAX];
    size_t used = 0;
    bool too_long = false;
    for (size_t i = 0; i < explain->operand_count; i++) {
        size_t size = strlen(explain->operands[i]);
        if (used + size + 2 > sizeof(text)) {
            too_long = true;
            break;
        }
        if (i > 0) {
            text[used++] = ' ';
        }
        memcpy(text + used, explain->operands[i], size);
        used += size;
    }
    text[used] = '\0';
    return explain_text(explain, text, used, too_long, error);
}

static enum kp_status explain_all(struct explain *explain, struct kp_error *error)
{
    enum kp_status status = open_all(explain, error);
    if (status != KP_OK) {
        return status;
    }
    bool lines = explain->operand_count == 1 && strcmp(explain->operands[0], "-") == 0;
    if (lines) {
        (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    }
    status = lines ? explain_lines(explain, error) : explain_operands(explain, error);
    if (fflush(stdout) != 0 && status == KP_OK) {
        status = kp_fail(error, KP_FAILED, "standard output can't be written");
    }
    return status;
}

/* What begins with one dash behind the first word of an address is a word of it: "12 -2". */
static enum kp_status keep_words(struct explain *explain, int argc, char **argv,
                                 struct kp_error *error)
{
    bool begun = false;
    for (int i = 1; i < argc && i < OPERANDS_MAX; i++) {
        bool value = strcmp(argv[i - 1], "--bag") == 0 || strcmp(argv[i - 1], "--words") == 0;
        if (begun && !value && argv[i][0] == '-' && argv[i][1] != '-') {
            if (asprintf(&explain->kept[i], " %s", argv[i]) < 0) {
                explain->kept[i] = NULL;
                return kp_fail(error, KP_FAILED, "no memory");
            }
            argv[i] = explain->kept[i];
        }
        begun = begun || (!value && argv[i][0] != '-');
    }
    return KP_OK;
}

static void free_explain(struct explain *explain)
{
    kp_resolver_free(explain->resolver);
    kp_register_close(explain->reg);
    kp_words_close(explain->words);
    for (size_t i = 0; i < OPERANDS_MAX; i++) {
        free(explain->kept[i]);
    }
    sodium_memzero(explain, sizeof(*explain));
    free(explain);
}

static int run(int argc, char **argv)
{
    struct kp_error error = {0};
    struct explain *explain = calloc(1, sizeof(*explain));
    if (explain == NULL) {
        (void)kp_fail(&error, KP_FAILED, "no memory");
        return kp_command_fail(&kp_command_address_explain, &error);
    }
    const struct kp_option options[] = {
        {.name = "bag", .value = &explain->bag},
        {.name = "words", .value = &explain->words_path},
        {.name = "json", .flag = &explain->json},
    };
    enum kp_status status = keep_words(explain, argc, argv, &error);
    if (status == KP_OK) {
        status =
            kp_command_parse(&kp_command_address_explain, argc, argv, options, 3, explain->operands,
                             1, OPERANDS_MAX, &explain->operand_count, &explain->help, &error);
    }
    if (status == KP_OK && !explain->help) {
        status = explain_all(explain, &error);
    }
    free_explain(explain);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_address_explain, &error);
}

const struct kp_command kp_command_address_explain = {
    .name = "explain",
    .summary = "show how an address as it is written becomes the key that is matched, or why not",
    .usage =
        "usage: kruispunt address explain [--bag DIR] [--words FILE] [--json] TEXT...\n"
        "\n"
        "The words of TEXT are one address: \"1011 AB 12 hs\", Kerkstraat 12-2 Utrecht, or an id of\n"
        "16 digits. - reads one address a line from standard input. Shows each step to the object in\n"
        "the register, and the verdict: resolved, ambiguous, unknown or refused, by which rule\n"
        "(docs/addresses.md). Needs no daemon; the exit status is 0 for every verdict.\n"
        "\n"
        "  --bag DIR     the address register (default " KP_REGISTER_DEFAULT "); without any:\n"
        "                the text form\n"
        "  --words FILE  the table of words, in place of the one that is built in\n"
        "  --json        one JSON object for each address\n"
        "  --            ends the options: for an address with a word that begins with --\n",
    .run = run,
};

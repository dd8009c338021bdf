#include "proto/command.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one command line gave. */
struct parsed {
    const char *text;
    const char *other;
    bool flag;
    const char *operands[2];
    size_t operand_count;
    bool help;
    struct kp_error error;
    enum kp_status status;
};

static int run_nothing(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return KP_EXIT_DONE;
}

static const struct kp_command tried = {"try", "tries", "usage: kruispunt try\n", run_nothing};

/* arguments: up to five, NULL-terminated, behind the command's name. */
static struct parsed parse(const char *const *arguments)
{
    struct parsed parsed = {.operands = {NULL, NULL}};
    char words[8][32] = {"try"};
    char *argv[8] = {words[0]};
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++) {
        snprintf(words[argc], sizeof(words[argc]), "%s", arguments[argc - 1]);
        argv[argc] = words[argc];
    }
    /* What is kept must outlive the words: it is compared with the constants. */
    const char *text = NULL;
    const char *other = NULL;
    const char *operands[2] = {NULL, NULL};
    const struct kp_option options[] = {
        {.name = "text", .value = &text, .required = true},
        {.name = "text-too", .value = &other},
        {.name = "flag", .flag = &parsed.flag},
    };
    parsed.status = kp_command_parse(&tried, argc, argv, options, 3, operands, 1, 2,
                                     &parsed.operand_count, &parsed.help, &parsed.error);
    for (int i = 1; i < argc; i++) {
        for (size_t j = 0; j < 2; j++) {
            if (operands[j] == argv[i]) {
                parsed.operands[j] = arguments[i - 1];
            }
        }
        size_t size = strlen(argv[i]);
        if (text != NULL && text >= argv[i] && text <= argv[i] + size) {
            parsed.text = arguments[i - 1] + (text - argv[i]);
        }
        if (other != NULL && other >= argv[i] && other <= argv[i] + size) {
            parsed.other = arguments[i - 1] + (other - argv[i]);
        }
    }
    return parsed;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void test_options(void)
{
    struct parsed parsed = PARSE("--text", "a", "one", "--flag", "two");
    CU_ASSERT_EQUAL_FATAL(parsed.status, KP_OK);
    CU_ASSERT_STRING_EQUAL(parsed.text, "a");
    CU_ASSERT_PTR_NULL(parsed.other);
    CU_ASSERT_TRUE(parsed.flag);
    CU_ASSERT_FALSE(parsed.help);
    CU_ASSERT_EQUAL(parsed.operand_count, 2);
    CU_ASSERT_STRING_EQUAL(parsed.operands[0], "one");
    CU_ASSERT_STRING_EQUAL(parsed.operands[1], "two");

    parsed = PARSE("one", "--text=a=b", "--text-too=");
    CU_ASSERT_EQUAL_FATAL(parsed.status, KP_OK);
    CU_ASSERT_STRING_EQUAL(parsed.text, "a=b");
    CU_ASSERT_STRING_EQUAL(parsed.other, "");
    CU_ASSERT_FALSE(parsed.flag);
    CU_ASSERT_EQUAL(parsed.operand_count, 1);
}

static void test_dashes(void)
{
    struct parsed parsed = PARSE("--text", "-", "-", "--", "--flag");
    CU_ASSERT_EQUAL_FATAL(parsed.status, KP_OK);
    CU_ASSERT_STRING_EQUAL(parsed.text, "-");
    CU_ASSERT_STRING_EQUAL(parsed.operands[0], "-");
    CU_ASSERT_STRING_EQUAL(parsed.operands[1], "--flag");
    CU_ASSERT_FALSE(parsed.flag);

    parsed = PARSE("--text", "-1", "one");
    CU_ASSERT_EQUAL_FATAL(parsed.status, KP_OK);
    CU_ASSERT_STRING_EQUAL(parsed.text, "-1");

    parsed = PARSE("--text=--flag", "one");
    CU_ASSERT_EQUAL_FATAL(parsed.status, KP_OK);
    CU_ASSERT_STRING_EQUAL(parsed.text, "--flag");
}

static void expect_usage(const struct parsed *parsed, const char *words)
{
    CU_ASSERT_EQUAL(parsed->status, KP_USAGE);
    CU_ASSERT_EQUAL(parsed->error.status, KP_USAGE);
    if (strstr(parsed->error.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, parsed->error.text);
        CU_FAIL("the error's text");
    }
}

static void test_wrong_usage(void)
{
    struct parsed parsed = PARSE("one");
    expect_usage(&parsed, "--text is missing");
    parsed = PARSE("--text", "a");
    expect_usage(&parsed, "0 of 1");
    parsed = PARSE("--text", "a", "one", "two", "three");
    expect_usage(&parsed, "'three' is one argument too many");
    parsed = PARSE("--text", "a", "--text=b", "one");
    expect_usage(&parsed, "--text is there twice");
    parsed = PARSE("--flag", "--flag");
    expect_usage(&parsed, "--flag is there twice");
    parsed = PARSE("--flag=yes");
    expect_usage(&parsed, "--flag takes no value");
    parsed = PARSE("one", "--text");
    expect_usage(&parsed, "--text needs a value");
    parsed = PARSE("--text", "--flag");
    expect_usage(&parsed, "--text needs a value");
    parsed = PARSE("--texts", "a");
    expect_usage(&parsed, "no option --texts");
    parsed = PARSE("--tex", "a");
    expect_usage(&parsed, "no option --tex;");
    parsed = PARSE("--=a");
    expect_usage(&parsed, "no option --;");
    parsed = PARSE("-t", "a");
    expect_usage(&parsed, "two dashes");
}

/* Standard output or error to /dev/null while something is tried that prints. */
static int hush(int descriptor)
{
    fflush(NULL);
    int saved = dup(descriptor);
    int nowhere = open("/dev/null", O_WRONLY);
    CU_ASSERT_TRUE_FATAL(saved >= 0 && nowhere >= 0);
    CU_ASSERT_TRUE_FATAL(dup2(nowhere, descriptor) == descriptor);
    close(nowhere);
    return saved;
}

static void unhush(int descriptor, int saved)
{
    fflush(NULL);
    dup2(saved, descriptor);
    close(saved);
}

static void test_help(void)
{
    int saved = hush(STDOUT_FILENO);
    struct parsed parsed = PARSE("--help");
    struct parsed late = PARSE("--flag", "one", "-h", "--unknown");
    struct parsed operand = PARSE("--text", "a", "--", "--help");
    unhush(STDOUT_FILENO, saved);
    CU_ASSERT_EQUAL(parsed.status, KP_OK);
    CU_ASSERT_TRUE(parsed.help);
    CU_ASSERT_EQUAL(late.status, KP_OK);
    CU_ASSERT_TRUE(late.help);
    CU_ASSERT_EQUAL(operand.status, KP_OK);
    CU_ASSERT_FALSE(operand.help);
}

static void test_exit_status(void)
{
    static const struct {
        enum kp_status status;
        int exit;
    } table[] = {
        {KP_REFUSED, KP_EXIT_REFUSED},
        {KP_FAILED, KP_EXIT_REFUSED},
        {KP_RETRY, KP_EXIT_UNREACHABLE},
        {KP_USAGE, KP_EXIT_USAGE},
    };
    int saved = hush(STDERR_FILENO);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct kp_error error = {.status = table[i].status, .text = "of a test"};
        CU_ASSERT_EQUAL(kp_command_fail(&tried, &error), table[i].exit);
    }
    unhush(STDERR_FILENO, saved);
}

/* ---- finding a command ---- */

static int argc_seen;
static char name_seen[32];

static int run_seen(int argc, char **argv)
{
    argc_seen = argc;
    snprintf(name_seen, sizeof(name_seen), "%s", argv[0]);
    return 40 + argc;
}

static const struct kp_command first = {"first", "is first", "usage: kruispunt first\n", run_seen};
static const struct kp_command second = {"second", "is second", "usage: kruispunt a second\n",
                                         run_seen};
static const struct kp_command *const top_commands[] = {&first, NULL};
static const struct kp_command *const a_commands[] = {&first, &second, NULL};
static const struct kp_command *const no_commands[] = {NULL};
static const struct kp_command_group top = {NULL, top_commands};
static const struct kp_command_group a = {"a", a_commands};
static const struct kp_command_group b = {"b", no_commands};
static const struct kp_command_group *const groups[] = {&b, &top, &a, NULL};

static int dispatch(const char *one, const char *two, const char *three)
{
    char words[4][16] = {"kruispunt"};
    char *argv[5] = {words[0], NULL};
    const char *const given[] = {one, two, three};
    int argc = 1;
    for (; argc < 4 && given[argc - 1] != NULL; argc++) {
        snprintf(words[argc], sizeof(words[argc]), "%s", given[argc - 1]);
        argv[argc] = words[argc];
    }
    int saved_out = hush(STDOUT_FILENO);
    int saved_error = hush(STDERR_FILENO);
    argc_seen = 0;
    int status = kp_command_main(groups, argc, argv);
    unhush(STDERR_FILENO, saved_error);
    unhush(STDOUT_FILENO, saved_out);
    return status;
}

static void test_dispatch(void)
{
    CU_ASSERT_EQUAL(dispatch("first", "x", "y"), 43);
    CU_ASSERT_EQUAL(argc_seen, 3);
    CU_ASSERT_STRING_EQUAL(name_seen, "first");
    CU_ASSERT_EQUAL(dispatch("a", "second", "y"), 42);
    CU_ASSERT_EQUAL(argc_seen, 2);
    CU_ASSERT_STRING_EQUAL(name_seen, "second");
    CU_ASSERT_EQUAL(dispatch("a", "first", NULL), 41);

    CU_ASSERT_EQUAL(dispatch(NULL, NULL, NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(dispatch("second", NULL, NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(dispatch("a", NULL, NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(dispatch("a", "third", NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(dispatch("b", "first", NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(dispatch("--first", NULL, NULL), KP_EXIT_USAGE);
    CU_ASSERT_EQUAL(argc_seen, 0);
    CU_ASSERT_EQUAL(dispatch("--help", NULL, NULL), KP_EXIT_DONE);
    CU_ASSERT_EQUAL(dispatch("a", "--help", NULL), KP_EXIT_DONE);
    CU_ASSERT_EQUAL(argc_seen, 0);
}

static const struct unit_test tests[] = {
    {"options and operands", test_options},
    {"values and operands that begin with dashes", test_dashes},
    {"wrong usage is named", test_wrong_usage},
    {"help goes before everything that follows it", test_help},
    {"exit status of each kind of failure", test_exit_status},
    {"groups and commands are found", test_dispatch},
};
UNIT_MAIN("command", tests)

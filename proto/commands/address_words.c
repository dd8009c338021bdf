#include "proto/address/words.h"
#include "proto/commands/address_commands.h"

#include <stdio.h>

static enum kp_status print_table(struct kp_error *error)
{
    const char *text = NULL;
    size_t size = 0;
    kp_words_text(&text, &size);
    bool good = fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0;
    return good ? KP_OK : kp_fail(error, KP_FAILED, "standard output can't be written");
}

static enum kp_status print_hash(const char *path, struct kp_error *error)
{
    struct kp_words *words = NULL;
    enum kp_status status = kp_words_open(&words, path, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t hash[KP_WORDS_HASH];
    kp_words_hash(hash, words);
    printf("words_hash = ");
    for (size_t i = 0; i < sizeof(hash); i++) {
        printf("%02x", hash[i]);
    }
    printf("\n%zu rows\n", kp_words_rows(words));
    kp_words_close(words);
    return KP_OK;
}

static int run(int argc, char **argv)
{
    struct kp_error error = {0};
    const char *path = NULL;
    size_t count = 0;
    bool hash = false;
    bool help = false;
    const struct kp_option options[] = {{.name = "hash", .flag = &hash}};
    enum kp_status status = kp_command_parse(&kp_command_address_words, argc, argv, options, 1,
                                             &path, 0, 1, &count, &help, &error);
    if (status == KP_OK && !help) {
        status =
            hash || count > 0 ? print_hash(count > 0 ? path : NULL, &error) : print_table(&error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_address_words, &error);
}

const struct kp_command kp_command_address_words = {
    .name = "words",
    .summary = "print the table of words behind house numbers, or check one",
    .usage =
        "usage: kruispunt address words [FILE] [--hash]\n"
        "\n"
        "Prints the table that is built in, to extend a copy of it. With FILE checks that table and\n"
        "prints its hash, as it stands in an agreement, and how many rows it has.\n"
        "\n"
        "  --hash  the same of the table that is built in\n",
    .run = run,
};

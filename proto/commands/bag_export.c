#include "proto/address/bag_csv.h"
#include "proto/address/register_walk.h"
#include "proto/commands/bag_commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum kp_status write_row(const char *row, struct kp_error *error)
{
    return fputs(row, stdout) != EOF
               ? KP_OK
               : kp_fail(error, KP_FAILED, "can't be written: %s", strerror(errno));
}

static enum kp_status write_pair(void *context, const struct kp_register_pair *pair,
                                 struct kp_error *error)
{
    char row[KP_BAG_CSV_ROW_MAX];
    (void)context;
    kp_bag_csv_row(row, pair);
    return write_row(row, error);
}

static enum kp_status write_withdrawn(void *context, uint64_t id, struct kp_error *error)
{
    char row[KP_BAG_CSV_ROW_MAX];
    (void)context;
    kp_bag_csv_withdrawn(row, id);
    return write_row(row, error);
}

static enum kp_status write_index(const char *bag, const char *name, struct kp_error *error)
{
    static const struct kp_register_walker walker = {.pair = write_pair,
                                                     .withdrawn = write_withdrawn};
    struct kp_register *reg = NULL;
    enum kp_status status = name == NULL ? kp_register_open(&reg, bag, NULL, error)
                                         : kp_register_open_name(&reg, bag, name, error);
    if (status == KP_OK) {
        status = write_row(kp_bag_csv_header, error);
    }
    if (status == KP_OK) {
        status = kp_register_walk(reg, &walker, error);
    }
    if (status == KP_OK && fflush(stdout) != 0) {
        status = kp_fail(error, KP_FAILED, "can't be written: %s", strerror(errno));
    }
    kp_register_close(reg);
    return status;
}

static int run(int argc, char **argv)
{
    const char *bag = KP_REGISTER_DEFAULT, *name = NULL;
    bool help = false;
    size_t count = 0;
    const struct kp_option options[] = {{.name = "bag", .value = &bag}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_bag_export, argc, argv, options, 1, &name,
                                             0, 1, &count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = write_index(bag, count == 0 ? NULL : name, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_bag_export, &error);
}

const struct kp_command kp_command_bag_export = {
    .name = "export",
    .summary = "write an index of the address register as a flat CSV",
    .usage = "usage: kruispunt bag export [--bag DIR] [NAME]\n"
             "\n"
             "Writes the index NAME (default: the current one) in DIR (default\n"
             "" KP_REGISTER_DEFAULT ") to standard output, with the columns that `kruispunt bag\n"
             "import` reads, by rising id. Imported again it has the same hash. Withdrawn numbers\n"
             "have only their id.\n",
    .run = run,
};

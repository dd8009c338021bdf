#include "tests/unit/register_make.h"

#include <stdio.h>

static void see_bad(void *context, uint64_t line, const char *column, const char *reason)
{
    struct register_made *made = context;
    if (made->first_line == 0) {
        made->first_line = line;
        (void)snprintf(made->first_column, sizeof(made->first_column), "%s",
                       column == NULL ? "" : column);
        (void)snprintf(made->first_reason, sizeof(made->first_reason), "%s", reason);
    }
}

struct register_made register_make(const char *dir, const char *path)
{
    struct register_made made = {.status = KP_OK};
    const struct kp_register_build_options options = {.dir = dir};
    const struct kp_bag_csv_reader reader = {.context = &made, .bad = see_bad};
    struct kp_register_build *build = NULL;
    made.status = kp_register_build_begin(&build, &options, &made.error);
    if (made.status == KP_OK) {
        made.status = kp_bag_csv_read(path, build, &reader, &made.counts, &made.error);
    }
    if (made.status == KP_OK) {
        made.status = kp_register_build_finish(build, 20261122, &made.outcome, &made.error);
    } else {
        kp_register_build_abandon(build);
    }
    return made;
}

#include "proto/address/register_build.h"

#include "proto/address.h"
#include "proto/address/bag_folder.h"
#include "proto/address/register_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct kp_register_build {
    struct kp_bag_folder folder; /* when dry: only its path */
    bool dry, beside;
    const struct kp_register_progress *progress;
    char path[KP_PATH_MAX]; /* of the new index; "": none yet */
    char sort_dir[KP_PATH_MAX];
    struct kp_names *names;
    struct kp_sorter *pairs;
};

/* Where files without a name can stand: DIR, or the folder where it would be made. */
static void find_sort_dir(struct kp_register_build *build, const char *dir)
{
    struct stat info;
    (void)snprintf(build->sort_dir, sizeof(build->sort_dir), "%s", dir);
    for (;;) {
        char *slash = strrchr(build->sort_dir, '/');
        if (stat(build->sort_dir, &info) == 0 && S_ISDIR(info.st_mode) &&
            access(build->sort_dir, W_OK) == 0) {
            return;
        }
        if (slash == NULL || slash == build->sort_dir) {
            break;
        }
        *slash = '\0';
    }
    (void)snprintf(build->sort_dir, sizeof(build->sort_dir), "/tmp");
}

enum kp_status kp_register_build_begin(struct kp_register_build **out,
                                       const struct kp_register_build_options *options,
                                       struct kp_error *error)
{
    *out = NULL;
    struct kp_register_build *build = calloc(1, sizeof(*build));
    if (build == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    build->folder.fd = build->folder.lock = -1;
    build->dry = options->dry;
    build->beside = options->beside;
    build->progress = options->progress;
    enum kp_status status =
        options->dry ? KP_OK : kp_bag_open(&build->folder, options->dir, true, true, error);
    if (status == KP_OK) {
        find_sort_dir(build, options->dir);
        build->names = kp_names_new();
        status = build->names == NULL ? kp_fail(error, KP_FAILED, "no memory")
                                      : kp_sorter_new(&build->pairs, build->sort_dir,
                                                      KP_REGISTER_SORT_MEMORY, false, error);
    }
    if (status != KP_OK) {
        kp_register_build_abandon(build);
        return status;
    }
    (void)snprintf(build->folder.path, sizeof(build->folder.path), "%s", options->dir);
    *out = build;
    return KP_OK;
}

static void free_build(struct kp_register_build *build)
{
    kp_sorter_free(build->pairs);
    kp_names_free(build->names);
    kp_bag_close(&build->folder);
    free(build);
}

void kp_register_build_abandon(struct kp_register_build *build)
{
    if (build == NULL) {
        return;
    }
    if (build->path[0] != '\0') {
        kp_bag_drop(build->path);
    }
    free_build(build);
}

enum kp_status kp_register_build_add(struct kp_register_build *build,
                                     const struct kp_register_pair *pair,
                                     struct kp_register_fault *fault, struct kp_error *error)
{
    uint8_t record[KP_REGISTER_PAIR_RECORD];
    uint32_t street = 0;
    if (!kp_register_pair_check(pair, fault)) {
        return KP_REFUSED;
    }
    enum kp_status status = kp_names_add(build->names, pair->street, pair->town, &street, error);
    if (status != KP_OK) {
        return status;
    }
    kp_register_pair_record(record, pair, street);
    return kp_sorter_add(build->pairs, record, sizeof(record), error);
}

enum kp_status kp_register_build_withdrawn(struct kp_register_build *build, uint64_t id,
                                           struct kp_register_fault *fault, struct kp_error *error)
{
    uint8_t record[KP_REGISTER_WITHDRAWN_RECORD];
    if (!kp_register_id_check(id, fault)) {
        return KP_REFUSED;
    }
    kp_register_withdrawn_record(record, id);
    return kp_sorter_add(build->pairs, record, sizeof(record), error);
}

const char *kp_register_build_sort_dir(const struct kp_register_build *build)
{
    return build->sort_dir;
}

/* ---- Finishing --------------------------------------------------------------------------------
 */

static enum kp_status put_meta(struct kp_register_writer *writer,
                               const struct kp_register_info *info, struct kp_error *error)
{
    uint8_t meta[KP_REGISTER_META];
    kp_register_meta_pack(meta, info);
    return kp_register_put(writer, KP_REGISTER_META_TABLE, KP_REGISTER_META_KEY,
                           strlen(KP_REGISTER_META_KEY), meta, sizeof(meta), error);
}

static enum kp_status make_index(struct kp_register_build *build, struct kp_register_outcome *out,
                                 struct kp_error *error)
{
    struct kp_register_writer writer;
    struct kp_register_make make = {.writer = &writer,
                                    .names = build->names,
                                    .sort_dir = build->sort_dir,
                                    .progress = build->progress,
                                    .outcome = out};
    struct kp_sorter *pairs = build->pairs;
    enum kp_status status =
        kp_register_writer_open(&writer, build->dry ? NULL : build->path, error);
    if (status != KP_OK) {
        return status;
    }
    build->pairs = NULL; /* freed by what comes */
    status = kp_register_make(&make, pairs, error);
    if (status == KP_OK && out->info.pairs == 0) {
        status = kp_fail(error, KP_REFUSED, "no address in use in it; is it the right file?");
    }
    if (status == KP_OK) {
        status = put_meta(&writer, &out->info, error);
    }
    if (status == KP_OK) {
        kp_register_make_tell(&make, "writing to disk", 0, 0);
        status = kp_register_writer_sync(&writer, error);
    }
    kp_register_writer_close(&writer);
    return status;
}

/* Into its place; what is switched to is on disk whole. */
static enum kp_status keep_index(struct kp_register_build *build, struct kp_register_outcome *out,
                                 struct kp_error *error)
{
    char current[KP_REGISTER_NAME];
    enum kp_status status =
        kp_bag_keep(&build->folder, build->path, out->info.name, &out->existed, error);
    if (status != KP_OK) {
        return status;
    }
    build->path[0] = '\0';
    kp_bag_current(&build->folder, current);
    if (!build->beside || current[0] == '\0') {
        status = kp_bag_use(&build->folder, out->info.name, error);
        kp_bag_current(&build->folder, current);
    }
    out->current = status == KP_OK && strcmp(current, out->info.name) == 0;
    return status;
}

/* What would be there and current. */
static void would_keep(const struct kp_register_build *build, struct kp_register_outcome *out)
{
    struct kp_bag_folder folder;
    char path[2 * KP_PATH_MAX], current[KP_REGISTER_NAME] = "";
    struct stat info;
    (void)snprintf(path, sizeof(path), "%s/%s", build->folder.path, out->info.name);
    out->existed = stat(path, &info) == 0;
    if (kp_bag_open(&folder, build->folder.path, false, false, NULL) == KP_OK) {
        kp_bag_current(&folder, current);
        kp_bag_close(&folder);
    }
    out->current = !build->beside || current[0] == '\0' || strcmp(current, out->info.name) == 0;
}

enum kp_status kp_register_build_finish(struct kp_register_build *build, uint32_t date,
                                        struct kp_register_outcome *out, struct kp_error *error)
{
    *out = (struct kp_register_outcome){.info.date = date};
    enum kp_status status = build->dry ? KP_OK : kp_bag_new(&build->folder, build->path, error);
    if (status == KP_OK) {
        status = kp_names_rank(build->names, error);
    }
    if (status == KP_OK) {
        status = make_index(build, out, error);
    }
    if (status == KP_OK) {
        kp_bag_name(out->info.name, date, out->info.hash);
        if (build->dry) {
            would_keep(build, out);
        } else {
            status = keep_index(build, out, error);
        }
    }
    kp_register_build_abandon(build);
    return status;
}

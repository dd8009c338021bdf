#include "proto/commands/agreement_beside.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ENDING ".agreement"

static enum kp_status add_file(struct kp_beside *beside, const char *path, bool must,
                               struct kp_error *error)
{
    struct kp_agreement *agreement = NULL;
    struct kp_error why = {0};
    enum kp_status status = kp_agreement_read(&agreement, path, NULL, &why);
    if (status != KP_OK) {
        return must ? kp_fail(error, status, "%s", why.text) : KP_OK;
    }
    for (size_t i = 0; i < beside->count; i++) {
        if (memcmp(beside->agreements[i]->hash, agreement->hash, sizeof(agreement->hash)) == 0) {
            kp_agreement_free(agreement);
            return KP_OK;
        }
    }
    if (beside->count == KP_AGREEMENTS_BESIDE_MAX) {
        kp_agreement_free(agreement);
        return kp_fail(
            error, KP_REFUSED,
            "%s: there are more than %u other agreements; leave out those in other areas", path,
            KP_AGREEMENTS_BESIDE_MAX);
    }
    beside->agreements[beside->count++] = agreement;
    return KP_OK;
}

static enum kp_status add_entry(struct kp_beside *beside, const char *folder, const char *name,
                                struct kp_error *error)
{
    char path[KP_PATH_MAX];
    struct stat info;
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return kp_fail(error, KP_USAGE, "%.200s...: the path is too long", folder);
    }
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return KP_OK;
    }
    size_t size = strlen(name);
    bool must = size > strlen(ENDING) && strcmp(name + size - strlen(ENDING), ENDING) == 0;
    return add_file(beside, path, must, error);
}

enum kp_status kp_beside_add(struct kp_beside *beside, const char *path, struct kp_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return add_file(beside, path, true, error);
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return kp_fail(error, KP_USAGE, "%s: can't be read: %s", path, strerror(errno));
    }
    enum kp_status status = KP_OK;
    const struct dirent *entry = NULL;
    while (status == KP_OK && (entry = readdir(folder)) != NULL) {
        status = add_entry(beside, path, entry->d_name, error);
    }
    closedir(folder);
    return status;
}

void kp_beside_free(struct kp_beside *beside)
{
    for (size_t i = 0; i < beside->count; i++) {
        kp_agreement_free(beside->agreements[i]);
    }
    beside->count = 0;
}

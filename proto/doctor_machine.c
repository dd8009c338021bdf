/* The machine: where the daemon keeps its data, and memory for secrets. */
#include "proto/doctor_internal.h"

#include "crypto/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GIB (1ull << 30)
#define SPACE_LEAST GIB
#define LOCKED_NEEDED (256u * 1024) /* more than a daemon ever locks */

static void check_folder(struct kp_doctor *doctor)
{
    const char *path = doctor->subject.data;
    struct stat info;
    if (stat(path, &info) != 0 && errno == ENOENT) {
        kp_doctor_add(doctor, "data folder", KP_DOCTOR_WARNING,
                      "nothing, when the daemon was never started: it makes the folder itself",
                      "%s isn't there", path);
    } else if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        kp_doctor_add(doctor, "data folder", KP_DOCTOR_FAILED,
                      "it must be a folder that the daemon's user can enter", "%s: %s", path,
                      errno != 0 ? strerror(errno) : "not a folder");
    } else if ((info.st_mode & 0077) != 0) {
        kp_doctor_add(doctor, "data folder", KP_DOCTOR_FAILED, "chmod 0700 it",
                      "%s has mode %04o: others than its owner can look into it", path,
                      (unsigned)(info.st_mode & 07777));
    } else if (geteuid() != 0 && info.st_uid != geteuid()) {
        kp_doctor_add(doctor, "data folder", KP_DOCTOR_WARNING,
                      "run this as the daemon's user, and see that the folder is its own",
                      "%s belongs to uid %" PRIu64 ", and this runs as uid %" PRIu64, path,
                      (uint64_t)info.st_uid, (uint64_t)geteuid());
    } else {
        kp_doctor_add(doctor, "data folder", KP_DOCTOR_OK, "", "%s", path);
    }
}

/* Of the folder, or of where it will be. */
static void check_space(struct kp_doctor *doctor)
{
    struct statvfs space;
    char path[KP_PATH_MAX];
    memcpy(path, doctor->subject.data, sizeof(path));
    while (statvfs(path, &space) != 0) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) {
            return;
        }
        *slash = '\0';
    }
    uint64_t available = (uint64_t)space.f_bavail * space.f_frsize;
    kp_doctor_add(doctor, "disk space", available < SPACE_LEAST ? KP_DOCTOR_WARNING : KP_DOCTOR_OK,
                  "make room: a round is broken off when the disk is full",
                  "%" PRIu64 " MiB left at %s", available >> 20, path);
}

/* What this process may lock says what a daemon may that is started likewise. */
static void check_locked_memory(struct kp_doctor *doctor)
{
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    void *secret = kp_secret_new(LOCKED_NEEDED);
    if (secret == NULL) {
        kp_doctor_add(doctor, "locked memory", KP_DOCTOR_FAILED,
                      "raise the limit: ulimit -l, LimitMEMLOCK= in the service, or "
                      "/etc/security/limits.conf",
                      "%u KiB are needed, and the limit is %" PRIu64 " KiB", LOCKED_NEEDED / 1024,
                      (uint64_t)limit.rlim_cur / 1024);
    } else if (limit.rlim_cur == RLIM_INFINITY) {
        kp_doctor_add(doctor, "locked memory", KP_DOCTOR_OK, "", "no limit");
    } else {
        kp_doctor_add(doctor, "locked memory", KP_DOCTOR_OK, "",
                      "%u KiB are needed, and the limit is %" PRIu64 " KiB", LOCKED_NEEDED / 1024,
                      (uint64_t)limit.rlim_cur / 1024);
    }
    kp_secret_free(secret);
}

void kp_doctor_check_machine(struct kp_doctor *doctor)
{
    if (doctor->subject.data[0] != '\0') {
        errno = 0;
        check_folder(doctor);
        check_space(doctor);
    }
    check_locked_memory(doctor);
}

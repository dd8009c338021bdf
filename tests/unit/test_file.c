#include "proto/file.h"
#include "proto/limits.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

static void refuses_what_can_not_be_read(void)
{
    struct kp_buffer out = {0};
    struct kp_error error = {0};
    CU_ASSERT(kp_buffer_append(&out, "kept", 4) == KP_OK);
    const char *missing = scratch("missing");
    CU_ASSERT(kp_file_read(missing, 10, &out, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, missing));
    CU_ASSERT(kp_file_read("/tmp", 10, &out, &error) == KP_USAGE);
    CU_ASSERT(out.size == 4); /* as it was */
    kp_buffer_free(&out);
}

static void length_is_capped(void)
{
    struct kp_buffer out = {0};
    struct kp_error error = {0};
    const char *path = scratch_text("ten", "0123456789");
    CU_ASSERT(kp_file_read(path, 9, &out, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "longer than 9 bytes"));
    CU_ASSERT(kp_file_read(path, 10, &out, &error) == KP_OK);
    CU_ASSERT(out.size == 10 && memcmp(out.data, "0123456789", 10) == 0);
    CU_ASSERT(kp_file_read("/dev/zero", 100000, &out, &error) == KP_REFUSED);
    CU_ASSERT(kp_file_read(scratch_text("none", ""), 0, &out, &error) == KP_OK);
    CU_ASSERT(out.size == 0);
    kp_buffer_free(&out);
}

static void long_files_come_whole(void)
{
    struct kp_buffer out = {0};
    struct kp_error error = {0};
    uint8_t *bytes = malloc(300001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < 300001; i++) {
        bytes[i] = (uint8_t)(i % 251);
    }
    const char *path = scratch_write("long", bytes, 300001);
    CU_ASSERT(kp_file_read(path, 1000000, &out, &error) == KP_OK);
    CU_ASSERT_FATAL(out.size == 300001);
    CU_ASSERT(memcmp(out.data, bytes, 300001) == 0);
    kp_buffer_free(&out);
    free(bytes);
}

static void standard_input(void)
{
    struct kp_buffer out = {0};
    struct kp_error error = {0};
    const char *path = scratch_text("input", "from stdin");
    int kept = dup(STDIN_FILENO);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    CU_ASSERT(kp_file_read("-", 100, &out, &error) == KP_OK);
    CU_ASSERT(out.size == 10);
    CU_ASSERT(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* still open */
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    kp_buffer_free(&out);
}

static void secrets_must_be_private_files(void)
{
    static const mode_t bad[] = {0640, 0604, 0620, 0602, 0610, 0660, 0777};
    struct kp_buffer out = {0};
    struct kp_error error = {0};
    const char *path = scratch_text("secret", "s");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_FATAL(chmod(path, bad[i]) == 0);
        CU_ASSERT(kp_file_read_secret(path, 10, &out, &error) == KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "chmod 600"));
    }
    CU_ASSERT_FATAL(chmod(path, 0600) == 0);
    CU_ASSERT(kp_file_read_secret(path, 10, &out, &error) == KP_OK);
    CU_ASSERT_FATAL(chmod(path, 0400) == 0);
    CU_ASSERT(kp_file_read_secret(path, 10, &out, &error) == KP_OK);
    CU_ASSERT(out.size == 1);

    const char *fifo = scratch("fifo");
    CU_ASSERT_FATAL(mkfifo(fifo, 0600) == 0);
    CU_ASSERT(kp_file_read_secret(fifo, 10, &out, &error) == KP_REFUSED); /* and doesn't wait */
    CU_ASSERT(kp_file_read_secret("/dev/zero", 10, &out, &error) == KP_REFUSED);
    CU_ASSERT(kp_file_read_secret(scratch_folder, 10, &out, &error) == KP_REFUSED);
    CU_ASSERT(kp_file_read_secret(scratch("missing"), 10, &out, &error) == KP_USAGE);
    kp_buffer_free(&out);
}

static void nothing_is_replaced(void)
{
    struct kp_error error = {0};
    struct kp_buffer out = {0};
    const char *path = scratch_text("there", "old");
    CU_ASSERT(kp_file_create(path, 0600, "new", 3, &error) == KP_REFUSED);
    CU_ASSERT(kp_file_read(path, 10, &out, &error) == KP_OK);
    CU_ASSERT(out.size == 3 && memcmp(out.data, "old", 3) == 0);
    kp_buffer_free(&out);
    /* A link to nowhere is something too. */
    const char *link_path = scratch("dangling");
    const char *target = scratch("target");
    CU_ASSERT_FATAL(symlink(target, link_path) == 0);
    CU_ASSERT(kp_file_create(link_path, 0600, "new", 3, &error) == KP_REFUSED);
    CU_ASSERT(access(target, F_OK) != 0);
}

static void creates_with_the_mode_asked(void)
{
    static const mode_t modes[] = {0600, 0644, 0400};
    mode_t umask_before = umask(0077);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        char name[16];
        struct stat info;
        struct kp_error error = {0};
        struct kp_buffer out = {0};
        snprintf(name, sizeof(name), "made-%zu", i);
        const char *path = scratch(name);
        CU_ASSERT(kp_file_create(path, modes[i], "content", 7, &error) == KP_OK);
        CU_ASSERT_FATAL(stat(path, &info) == 0);
        CU_ASSERT((info.st_mode & 07777) == modes[i] && info.st_nlink == 1);
        CU_ASSERT(kp_file_read(path, 7, &out, &error) == KP_OK && out.size == 7);
        kp_buffer_free(&out);
    }
    umask(umask_before);
}

static void leaves_nothing_behind(void)
{
    struct kp_error error = {0};
    const char *folder = scratch("folder");
    CU_ASSERT_FATAL(mkdir(folder, 0700) == 0);
    const char *path = scratch("folder/file");
    CU_ASSERT(kp_file_create(path, 0600, "", 0, &error) == KP_OK);
    CU_ASSERT(kp_file_create(path, 0600, "", 0, &error) == KP_REFUSED);
    CU_ASSERT(kp_file_create(scratch("folder/none/file"), 0600, "", 0, &error) == KP_FAILED);
    int count = 0;
    DIR *listing = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listing);
    for (const struct dirent *entry = NULL; (entry = readdir(listing)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(listing);
    CU_ASSERT(count == 1);
}

static void long_paths_are_wrong_usage(void)
{
    struct kp_error error = {0};
    char path[KP_PATH_MAX + 10];
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    CU_ASSERT(kp_file_create(path, 0600, "", 0, &error) == KP_USAGE);
    path[0] = '/';
    path[KP_PATH_MAX + 5] = '/';
    CU_ASSERT(kp_file_create(path, 0600, "", 0, &error) == KP_USAGE);
}

static const struct unit_test tests[] = {
    {"refuses what can't be read", refuses_what_can_not_be_read},
    {"length is capped", length_is_capped},
    {"long files come whole", long_files_come_whole},
    {"standard input", standard_input},
    {"secrets must be private files", secrets_must_be_private_files},
    {"nothing is replaced", nothing_is_replaced},
    {"creates with the mode asked", creates_with_the_mode_asked},
    {"leaves nothing behind", leaves_nothing_behind},
    {"long paths are wrong usage", long_paths_are_wrong_usage},
};

UNIT_MAIN("file", tests)

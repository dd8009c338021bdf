/* A folder for one test program's files, gone at its end; and files in it. */
#ifndef KP_TESTS_SCRATCH_H
#define KP_TESTS_SCRATCH_H

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[64];
static pid_t scratch_owner;

static inline int scratch_remove_one(const char *path, const struct stat *info, int kind,
                                     struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(void)
{
    if (getpid() == scratch_owner) { /* not in a child */
        nftw(scratch_folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

/* The path of `name` in the folder, which is made at the first call; in one of four buffers that
 * take turns. */
static inline const char *scratch(const char *name)
{
    static char paths[4][256];
    static unsigned turn;
    if (scratch_folder[0] == '\0') {
        snprintf(scratch_folder, sizeof(scratch_folder), "/tmp/kruispunt-unit-XXXXXX");
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scratch_folder));
        scratch_owner = getpid();
        atexit(scratch_remove);
    }
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", scratch_folder, name);
    return path;
}

/* Writes (or replaces) the file and returns its path. */
static inline const char *scratch_write(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch(name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(size == 0 || fwrite(bytes, 1, size, file) == size);
    CU_ASSERT_FATAL(fclose(file) == 0);
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

#endif

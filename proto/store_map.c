#include "proto/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The map is address space, not memory nor disk: the file grows as pages are written. A transaction
 * can't outgrow the map it began with, so the map is large from the start (64 GiB, or half of what
 * `ulimit -v` leaves), and doubles between transactions as soon as half of it is used. */
#define MAP_START (1ull << 36)
#define MAP_LEAST (1ull << 24)

static size_t map_limit(void)
{
    struct rlimit limit;
    uint64_t size = MAP_START;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        while (size > MAP_LEAST && size > limit.rlim_cur / 2) {
            size /= 2;
        }
    }
    return (size_t)size;
}

/* LMDB believes the page size in the newer of its two headers, and divides by it. The first header
 * is in page 0, the second in page 1; the page size stands behind a page's header, magic, version,
 * address and map size. */
#define PAGE_SIZE_AT (16 + 3 * (off_t)sizeof(size_t))
#define PAGE_SIZE_LEAST 512u
#define PAGE_SIZE_MOST 65536u

enum kp_status kp_store_check_header(const struct kp_store *store, struct kp_error *error)
{
    int fd =
        openat(store->folder, KP_STORE_DATA_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return kp_store_system_fail(store, "its database can't be opened", error);
    }
    uint32_t first = 0;
    uint32_t second = 0;
    bool good = pread(fd, &first, sizeof(first), PAGE_SIZE_AT) == (ssize_t)sizeof(first) &&
                first >= PAGE_SIZE_LEAST && first <= PAGE_SIZE_MOST && (first & (first - 1)) == 0 &&
                pread(fd, &second, sizeof(second), (off_t)first + PAGE_SIZE_AT) ==
                    (ssize_t)sizeof(second) &&
                second == first;
    close(fd);
    return good ? KP_OK
                : kp_fail(error, KP_REFUSED,
                          "%s: the database is damaged: its header isn't one of LMDB", store->path);
}

/* One try, with a map of this size. */
static int try_environment(struct kp_store *store, size_t map_size)
{
    int code = mdb_env_create(&store->env);
    if (code != 0) {
        store->env = NULL;
        return code;
    }
    code = mdb_env_set_mapsize(store->env, map_size);
    if (code == 0) {
        code = mdb_env_set_maxdbs(store->env, (MDB_dbi)store->table_count + 1);
    }
    if (code == 0) {
        code = mdb_env_open(store->env, store->path, MDB_NOTLS | MDB_NOLOCK, 0600);
    }
    if (code != 0) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    return code;
}

/* A file shorter than its header says would kill the process (SIGBUS) when a page behind its end is
 * read; made longer, such a page is zeros, which LMDB calls damaged. An honest file can be shorter,
 * as pages that were freed at once are never written. */
static enum kp_status check_size(struct kp_store *store, struct kp_error *error)
{
    MDB_envinfo info;
    MDB_stat stat_;
    int fd = -1;
    struct stat file;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat_) != 0 ||
        mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &file) != 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be looked at", store->path);
    }
    if (info.me_mapsize > KP_STORE_BYTES_MAX ||
        info.me_last_pgno >= info.me_mapsize / stat_.ms_psize) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: its size is impossible",
                       store->path);
    }
    uint64_t size = ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize;
    if ((uint64_t)file.st_size < size && ftruncate(fd, (off_t)size) != 0) {
        return kp_store_system_fail(store, "can't be made as long as its header says", error);
    }
    return KP_OK;
}

enum kp_status kp_store_open_map(struct kp_store *store, struct kp_error *error)
{
    size_t map_size = map_limit();
    int code = try_environment(store, map_size);
    while ((code == ENOMEM || code == EINVAL /* valgrind's */) && map_size > MAP_LEAST) {
        map_size /= 2;
        code = try_environment(store, map_size);
    }
    if (code != 0) {
        return kp_store_lmdb_fail(store, code, "can't be opened", error);
    }
    return check_size(store, error);
}

/* Whether `size` bytes more of address space can be had. */
static bool has_address_space(size_t size)
{
    void *probe = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return probe != MAP_FAILED && munmap(probe, size) == 0;
}

/* When there is no more address space the old map must do: it is asked for
 * first, because LMDB gives up the old map before it tries for the new, and can't get it back. */
enum kp_status kp_store_grow_map(struct kp_store *store, struct kp_error *error)
{
    MDB_envinfo info;
    MDB_stat stat_;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat_) != 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be looked at", store->path);
    }
    uint64_t used = ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize;
    if (used < info.me_mapsize / 2 || info.me_mapsize > KP_STORE_BYTES_MAX / 2 ||
        info.me_mapsize > SIZE_MAX / 2 || !has_address_space(info.me_mapsize)) {
        return KP_OK;
    }
    if (mdb_env_set_mapsize(store->env, info.me_mapsize * 2) != 0) {
        store->broken = true;
        return kp_fail(error, KP_FAILED, "%s: no address space for the database", store->path);
    }
    return KP_OK;
}

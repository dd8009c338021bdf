/* Wipes every block of the heap when it is freed, for the daemons.
 *
 * What a daemon forgets must not be in its memory any longer, and NNG, OpenSSL and protobuf-c don't
 * wipe what they free. So this file takes the place of free, realloc and reallocarray in the whole
 * program, its shared libraries included, in front of glibc's own (an arrangement that glibc
 * documents: "Replacing malloc"). It is linked as an object of its own into the daemons, and never
 * together with a sanitizer, which has a heap of its own. Nothing calls it by name.
 *
 * Not covered: the stack, memory that a library maps itself, and copies in the kernel. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* That this heap is there (buffer.c). */
extern const char kp_heap_wipes;
const char kp_heap_wipes = 1;

/* glibc's own; not declared in any header of its. */
void __libc_free(void *block);

/* These are the library's functions, and the headers declare them with attributes by which the
 * compiler would drop the wiping of a block that is about to be freed: explicit_bzero stays. */
void free(void *block)
{
    if (block != NULL) {
        explicit_bzero(block, malloc_usable_size(block));
        __libc_free(block);
    }
}

void *realloc(void *block, size_t size)
{
    if (block == NULL) {
        return malloc(size);
    }
    if (size == 0) {
        free(block); /* as glibc does */
        return NULL;
    }
    size_t usable = malloc_usable_size(block);
    if (size <= usable && size >= usable / 2) {
        explicit_bzero((uint8_t *)block + size, usable - size);
        return block;
    }
    void *moved = malloc(size);
    if (moved != NULL) {
        memcpy(moved, block, size < usable ? size : usable);
        free(block);
    }
    return moved;
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

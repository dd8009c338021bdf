/* Zips in memory, for tests. */
#ifndef KP_TESTS_ZIP_MAKE_H
#define KP_TESTS_ZIP_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_MAKE_MAX ((size_t)1 << 20)

struct zip_made {
    size_t size;
    uint8_t bytes[ZIP_MAKE_MAX];
};

struct zip_file {
    const char *name;
    const void *bytes;
    size_t size;
    uint64_t spaces; /* so many come behind the bytes */
};

enum zip_how {
    ZIP_STORED,
    ZIP_DEFLATED,
    ZIP_LATE, /* deflated, sizes behind the data, as the Kadaster's are */
};

void zip_make(struct zip_made *out, enum zip_how how, const struct zip_file *files, size_t count);
/* One file of text. */
void zip_make_text(struct zip_made *out, enum zip_how how, const char *name, const char *text);
/* `from` as the file `name` of a zip; out may be from. */
void zip_wrap(struct zip_made *out, enum zip_how how, const char *name,
              const struct zip_made *from);

#endif

/* A target without a fuzzer: `PROGRAM FOLDER THOUSANDS` runs every file of FOLDER, and then so many
 * thousand mutations of them, always the same ones. Each input stands at the end of an allocation
 * of its own, so that sanitizers see what reads beyond. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536u
#define FILES_MAX 256u

struct input {
    char name[256];
    uint8_t *bytes;
    size_t size;
};

static struct input inputs[FILES_MAX];
static size_t input_count;

/* xorshift64*: the same everywhere. */
static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1du >> 16;
}

static size_t draw_below(size_t most)
{
    return most == 0 ? 0 : (size_t)(draw() % most);
}

static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy + 1, bytes, size);
    (void)LLVMFuzzerTestOneInput(copy + 1, size);
    free(copy);
}

static void read_file(const char *folder, const char *name)
{
    char path[1024];
    uint8_t *bytes = malloc(INPUT_MAX);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (bytes == NULL || file == NULL || input_count == FILES_MAX) {
        fprintf(stderr, "%s: can't be read: %s\n", path, strerror(errno));
        exit(1);
    }
    struct input *input = &inputs[input_count++];
    (void)snprintf(input->name, sizeof(input->name), "%s", name);
    input->bytes = bytes;
    input->size = fread(bytes, 1, INPUT_MAX, file);
    (void)fclose(file);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct input *)left)->name, ((const struct input *)right)->name);
}

static void read_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        exit(1);
    }
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            read_file(folder, entry->d_name);
        }
    }
    (void)closedir(directory);
    qsort(inputs, input_count, sizeof(inputs[0]), compare_names);
}

/* ---- mutations ---- */

static const uint8_t WORDS[][10] = {
    {0xff, 0xff, 0xff, 0xff, 0x0f},                               /* varint: 2^32 - 1 */
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, /* varint: 2^64 - 1 */
    {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
    {0x80, 0x01},
    {0x0a, 0x00},
    {0x78, 0x01},
    {'"', '\n', ';', ',', '\r', '\n', '='},
    {0xef, 0xbb, 0xbf, 0xc3, 0x28, 0xf0, 0x9f},
    {'[', ']', '\n', '-', '1', ' ', '#'},
};

static size_t insert(uint8_t *bytes, size_t size, const uint8_t *what, size_t count)
{
    size_t at = draw_below(size + 1);
    if (count > INPUT_MAX - size) {
        return size;
    }
    memmove(bytes + at + count, bytes + at, size - at);
    memcpy(bytes + at, what, count);
    return size + count;
}

static size_t cut(uint8_t *bytes, size_t size)
{
    size_t at = draw_below(size + 1), count = draw_below(size - at + 1);
    memmove(bytes + at, bytes + at + count, size - at - count);
    return size - count;
}

/* Of another input, or of this one. */
static size_t splice(uint8_t *bytes, size_t size)
{
    const struct input *other = &inputs[draw_below(input_count)];
    size_t at = draw_below(other->size + 1), count = draw_below(other->size - at + 1);
    return insert(bytes, size, other->bytes + at, count);
}

static size_t mutate_once(uint8_t *bytes, size_t size)
{
    size_t word = draw_below(sizeof(WORDS) / sizeof(WORDS[0]));
    switch (draw_below(7)) {
    case 0:
        if (size > 0) {
            bytes[draw_below(size)] ^= (uint8_t)(1u << draw_below(8));
        }
        return size;
    case 1:
        if (size > 0) {
            bytes[draw_below(size)] = (uint8_t)draw();
        }
        return size;
    case 2:
        return cut(bytes, size);
    case 3:
        return draw_below(size + 1);
    case 4:
        return insert(bytes, size, WORDS[word], 1 + draw_below(sizeof(WORDS[0])));
    case 5:
        if (size > 0) { /* small numbers: lengths, tags, counts */
            bytes[draw_below(size)] += (uint8_t)(draw_below(9) - 4);
        }
        return size;
    default:
        return splice(bytes, size);
    }
}

static void mutate(uint64_t count)
{
    static uint8_t bytes[INPUT_MAX];
    for (uint64_t i = 0; i < count; i++) {
        const struct input *input = &inputs[draw_below(input_count)];
        size_t size = input->size, rounds = 1 + draw_below(4);
        memcpy(bytes, input->bytes, size);
        while (rounds-- > 0) {
            size = mutate_once(bytes, size);
        }
        run(bytes, size);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s FOLDER THOUSANDS\n", argv[0]);
        return 2;
    }
    (void)LLVMFuzzerInitialize(&argc, &argv);
    read_folder(argv[1]);
    if (input_count == 0) {
        fprintf(stderr, "%s: empty\n", argv[1]);
        return 1;
    }
    run((const uint8_t *)"", 0);
    for (size_t i = 0; i < input_count; i++) {
        run(inputs[i].bytes, inputs[i].size);
    }
    uint64_t count = strtoull(argv[2], NULL, 10) * 1000;
    mutate(count);
    printf("%zu files, %" PRIu64 " mutations\n", input_count, count);
    for (size_t i = 0; i < input_count; i++) {
        free(inputs[i].bytes);
    }
    return 0;
}

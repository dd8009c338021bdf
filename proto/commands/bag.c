#include "proto/commands/bag_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct kp_command *const commands[] = {
    &kp_command_bag_import,
    &kp_command_bag_list,
    &kp_command_bag_use,
    &kp_command_bag_verify,
    &kp_command_bag_export,
    &kp_command_bag_remove,
    NULL,
};

const struct kp_command_group kp_bag_commands = {.name = "bag", .commands = commands};

/* ---- Dates ------------------------------------------------------------------------------------
 */

static bool read_date(uint32_t *date, const char *text)
{
    const char *form = strlen(text) == 8 ? "dddddddd" : "dddd-dd-dd";
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t number = 0;
    if (strlen(text) != strlen(form)) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) {
            return false;
        }
        number = digit ? number * 10 + (uint32_t)(text[i] - '0') : number;
    }
    uint32_t year = number / 10000, month = number / 100 % 100, day = number % 100;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    *date = number;
    return year >= 2000 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day <= 28 || leap);
}

enum kp_status kp_bag_date(uint32_t *date, const char *text, struct kp_error *error)
{
    time_t now = time(NULL);
    struct tm day;
    if (text != NULL) {
        return read_date(date, text) ? KP_OK
                                     : kp_fail(error, KP_USAGE, "--date: not a day as 2026-11-22");
    }
    if (localtime_r(&now, &day) == NULL) {
        return kp_fail(error, KP_FAILED, "the clock can't be read; give --date");
    }
    *date = (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
    return KP_OK;
}

/* ---- Progress ---------------------------------------------------------------------------------
 */

#define BAR_MS 200u
#define LINE_MS 10000u
#define BAR_WIDTH 30u

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void draw(struct kp_bag_bar *bar, unsigned percent)
{
    static const char full[] = "##############################";
    static const char none[] = "                              ";
    int width = (int)(BAR_WIDTH * percent / 100);
    fprintf(stderr, "\r%-16s [%.*s%.*s] %3u %%", bar->what, width, full, (int)BAR_WIDTH - width,
            none, percent);
    fflush(stderr);
    bar->drawn = true;
}

static void tell(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct kp_bag_bar *bar = context;
    uint64_t now = now_ms();
    bool other = bar->what == NULL || strcmp(bar->what, what) != 0;
    unsigned percent =
        total == 0 ? 0 : (unsigned)(100.0 * (double)(done < total ? done : total) / (double)total);
    if (!other && now - bar->told_at < (bar->terminal ? BAR_MS : LINE_MS)) {
        return;
    }
    bar->told_at = now;
    bar->what = what;
    if (bar->terminal) {
        draw(bar, percent);
    } else if (!other && total > 0) {
        fprintf(stderr, "%s: %u %%\n", what, percent);
    } else if (!other) {
        fprintf(stderr, "%s: %" PRIu64 "\n", what, done);
    }
}

struct kp_register_progress kp_bag_bar_start(struct kp_bag_bar *bar)
{
    *bar = (struct kp_bag_bar){.terminal = isatty(STDERR_FILENO) == 1};
    return (struct kp_register_progress){.context = bar, .at = tell};
}

void kp_bag_bar_clear(struct kp_bag_bar *bar)
{
    if (bar->drawn) {
        fprintf(stderr, "\r%*s\r", (int)BAR_WIDTH + 26, "");
        bar->drawn = false;
    }
}

/* ---- An index ---------------------------------------------------------------------------------
 */

static void date_text(char out[static 16], uint32_t date)
{
    (void)snprintf(out, 16, "%04u-%02u-%02u", date / 10000 % 10000, date / 100 % 100, date % 100);
}

void kp_bag_print_info(const struct kp_register_info *info, bool current)
{
    char date[16];
    date_text(date, info->date);
    printf("%s%s\n  register_date = %s\n  register_hash = ", info->name,
           current ? "  (current)" : "", date);
    for (size_t i = 0; i < sizeof(info->hash); i++) {
        printf("%02x", info->hash[i]);
    }
    printf("\n  %" PRIu64 " numbers in use with their object, %" PRIu64 " objects, %" PRIu64
           " streets in %" PRIu64 " towns; %" PRIu64 " numbers withdrawn\n",
           info->pairs, info->objects, info->streets, info->towns, info->withdrawn);
}

bool kp_bag_json_info(cJSON *object, const struct kp_register_info *info)
{
    char date[16];
    date_text(date, info->date);
    return cJSON_AddStringToObject(object, "name", info->name) != NULL &&
           cJSON_AddStringToObject(object, "date", date) != NULL &&
           kp_json_add_hex(object, "hash", info->hash, sizeof(info->hash)) &&
           cJSON_AddNumberToObject(object, "numbers", (double)info->pairs) != NULL &&
           cJSON_AddNumberToObject(object, "objects", (double)info->objects) != NULL &&
           cJSON_AddNumberToObject(object, "streets", (double)info->streets) != NULL &&
           cJSON_AddNumberToObject(object, "towns", (double)info->towns) != NULL &&
           cJSON_AddNumberToObject(object, "withdrawn", (double)info->withdrawn) != NULL;
}

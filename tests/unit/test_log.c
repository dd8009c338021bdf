#include "proto/log.h"
#include "proto/utf8.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Standard error goes into a pipe while a test logs. */
static int kept_stderr, read_end;

static void capture(void)
{
    int ends[2];
    CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
    kept_stderr = dup(STDERR_FILENO);
    CU_ASSERT_FATAL(kept_stderr >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    close(ends[1]);
    read_end = ends[0];
}

/* What was written, ended by a NUL. */
static size_t captured(char *out, size_t size)
{
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    size_t total = 0;
    ssize_t got = 0;
    while (total < size - 1 && (got = read(read_end, out + total, size - 1 - total)) > 0) {
        total += (size_t)got;
    }
    close(read_end);
    out[total] = '\0';
    return total;
}

static const struct kp_log_event event = {.action = "accept connection",
                                          .object = "round 3",
                                          .result = "done",
                                          .origin = "connection",
                                          .actor = "svb"};

static void hostile_values_stay_in_their_line(void)
{
    static const char *const values[] = {
        "a\nlevel=error forged=\"yes\"",
        "\"},{\"level\":\"x",
        "back\\slash\\",
        "\r\x1b[2J\x7f",
        "\xff\xfe caf\xe9",
        "\xe2\x80\xa8 \xe2\x80\xae",
        "\xc2\x9b",
    };
    for (size_t i = 0; i < 2 * sizeof(values) / sizeof(values[0]); i++) {
        bool json = i % 2 == 1;
        char line[8192];
        struct kp_log_event hostile = {.action = "x", .object = values[i / 2]};
        kp_log_start("test", KP_LOG_INFO, json);
        capture();
        kp_log(KP_LOG_INFO, &hostile, "%s", values[i / 2]);
        size_t size = captured(line, sizeof(line));
        CU_ASSERT_FATAL(size > 0);
        CU_ASSERT(strchr(line, '\n') == line + size - 1);
        CU_ASSERT(kp_utf8_is_line(line, size - 1));
        if (json) {
            cJSON *parsed = cJSON_ParseWithOpts(line, NULL, false);
            CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
            CU_ASSERT(cJSON_GetArraySize(parsed) == 6);
            if (i / 2 < 3) {
                CU_ASSERT_STRING_EQUAL(cJSON_GetStringValue(cJSON_GetObjectItem(parsed, "object")),
                                       values[i / 2]);
            }
            cJSON_Delete(parsed);
        }
    }
}

static void long_values_are_cut(void)
{
    char *value = malloc(20001);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    for (int kind = 0; kind < 4; kind++) {
        memset(value, kind < 2 ? 'x' : '\x01', 20000);
        value[20000] = '\0';
        char line[8192];
        struct kp_log_event all = {value, value, value, value, value};
        kp_log_start("test", KP_LOG_INFO, kind % 2 == 1);
        capture();
        kp_log(KP_LOG_ERROR, &all, "%s", value);
        size_t size = captured(line, sizeof(line));
        CU_ASSERT_FATAL(size > 0 && size <= 4096);
        CU_ASSERT(strchr(line, '\n') == line + size - 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(line, "...\""));
        if (kind % 2 == 1) {
            cJSON *parsed = cJSON_Parse(line);
            CU_ASSERT_PTR_NOT_NULL(parsed);
            cJSON_Delete(parsed);
        }
    }
    free(value);
}

static void text_form(void)
{
    char line[8192];
    kp_log_start("kruispunt-node", KP_LOG_INFO, false);
    capture();
    kp_log(KP_LOG_WARNING, &event, "%d of %d", 3, 4);
    captured(line, sizeof(line));
    int date[7] = {0};
    int end = 0;
    CU_ASSERT(sscanf(line, "time=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &date[0], &date[1], &date[2],
                     &date[3], &date[4], &date[5], &date[6], &end) == 7);
    CU_ASSERT(date[0] >= 2024 && end == 30);
    CU_ASSERT_STRING_EQUAL(line + end,
                           "level=warning program=kruispunt-node action=\"accept connection\" "
                           "object=\"round 3\" result=\"done\" origin=\"connection\" "
                           "actor=\"svb\" remark=\"3 of 4\"\n");
}

static void json_form(void)
{
    char line[8192];
    kp_log_start("kruispunt-node", KP_LOG_INFO, true);
    capture();
    kp_log(KP_LOG_INFO, &event, NULL);
    captured(line, sizeof(line));
    CU_ASSERT(strncmp(line, "{\"time\":\"", 9) == 0);
    CU_ASSERT_STRING_EQUAL(strstr(line, ",\"level\""),
                           ",\"level\":\"info\",\"program\":\"kruispunt-node\","
                           "\"action\":\"accept connection\",\"object\":\"round 3\","
                           "\"result\":\"done\",\"origin\":\"connection\",\"actor\":\"svb\"}\n");
}

static void least_level(void)
{
    char lines[8192];
    kp_log_start("test", KP_LOG_WARNING, false);
    capture();
    kp_log(KP_LOG_DEBUG, &event, NULL);
    kp_log(KP_LOG_INFO, &event, NULL);
    kp_log(KP_LOG_ERROR, &event, NULL);
    captured(lines, sizeof(lines));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines, "level=error"));
    CU_ASSERT(strchr(lines, '\n') == lines + strlen(lines) - 1);
}

#define LINES_EACH 50

static void *log_much(void *name)
{
    for (int i = 0; i < LINES_EACH; i++) {
        struct kp_log_event mine = {.action = "count", .actor = name};
        kp_log(KP_LOG_INFO, &mine, "%d", i);
    }
    return NULL;
}

static void threads_do_not_mix_lines(void)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    char lines[65536];
    pthread_t threads[4];
    kp_log_start("test", KP_LOG_INFO, false);
    capture();
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, log_much, names[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    captured(lines, sizeof(lines));
    int count = 0;
    for (char *line = lines, *next = NULL; *line != '\0'; line = next + 1, count++) {
        next = strchr(line, '\n');
        CU_ASSERT_FATAL(next != NULL);
        *next = '\0';
        CU_ASSERT(strncmp(line, "time=", 5) == 0 && strstr(line + 5, "time=") == NULL);
        CU_ASSERT(next[-1] == '"');
    }
    CU_ASSERT(count == 4 * LINES_EACH);
}

static const struct unit_test tests[] = {
    {"hostile values stay in their line", hostile_values_stay_in_their_line},
    {"long values are cut", long_values_are_cut},
    {"text form", text_form},
    {"JSON form", json_form},
    {"least level", least_level},
    {"threads do not mix lines", threads_do_not_mix_lines},
};

UNIT_MAIN("log", tests)

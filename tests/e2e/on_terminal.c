/* Runs a program on a terminal of its own and types lines into it, as a person would.
 * usage: on_terminal LINE... -- PROGRAM ARGUMENT...
 * Prints what the terminal shows; the exit status is the program's. */
#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int type(int terminal, const char *line)
{
    size_t size = strlen(line);
    return write(terminal, line, size) == (ssize_t)size && write(terminal, "\n", 1) == 1 ? 0 : -1;
}

/* Until the program has closed its side. */
static void show(int terminal)
{
    char shown[4096];
    ssize_t size = 0;
    while ((size = read(terminal, shown, sizeof(shown))) > 0 || (size < 0 && errno == EINTR)) {
        if (size > 0 && fwrite(shown, 1, (size_t)size, stdout) != (size_t)size) {
            return;
        }
    }
}

int main(int argc, char **argv)
{
    int first = 1;
    while (first < argc && strcmp(argv[first], "--") != 0) {
        first++;
    }
    if (first + 1 >= argc) {
        fprintf(stderr, "usage: on_terminal LINE... -- PROGRAM ARGUMENT...\n");
        return 2;
    }
    int terminal = -1;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0) {
        execv(argv[first + 1], argv + first + 1);
        _exit(127);
    }
    for (int i = 1; child > 0 && i < first; i++) {
        if (type(terminal, argv[i]) != 0) {
            break;
        }
    }
    int status = 0;
    if (child > 0) {
        show(terminal);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("on_terminal");
        return 126;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

/* Loaded into a daemon (LD_PRELOAD) so that a test may read its memory: leaves out the one call
 * that forbids it, and lets it be traced where the system asks for that. Nothing else changes. */
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int option, ...);

int prctl(int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    unsigned long second = va_arg(arguments, unsigned long);
    unsigned long third = va_arg(arguments, unsigned long);
    unsigned long fourth = va_arg(arguments, unsigned long);
    unsigned long fifth = va_arg(arguments, unsigned long);
    va_end(arguments);
    if (option == PR_SET_DUMPABLE) {
        /* Fails where there is no Yama, which then forbids nothing. */
        (void)syscall(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        return 0;
    }
    return (int)syscall(SYS_prctl, option, second, third, fourth, fifth);
}

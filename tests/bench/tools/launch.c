/*
 * launch ROOT USER LOG PROGRAM [ARGUMENT]...: runs a program, and says what that took.
 *
 * It runs in the chroot ROOT as the user and group of number USER, with /dev/null as its standard input and the file
 * LOG (a path outside) as its standard output and error, as a service's log is a file. One line on standard output:
 * nanoseconds from before the fork until it was over, the largest resident set in KB of the program or one that it
 * waited for, and its exit status, or 128 and the signal.
 *
 * Linked statically: the largest resident set of a program begins with that of the one that it was forked from.
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void become(const char *root, gid_t user, int log)
{
    int null = open("/dev/null", O_RDONLY);

    /* Before the other processes of a busy machine, and their neighbour's programs too; where that is not to be had, it
     * changes the figures of all alike. */
    const struct sched_param first = { .sched_priority = 1 };

    sched_setscheduler(0, SCHED_RR, &first);
    if (chroot(root) != 0 || chdir("/") != 0 || setgroups(1, &user) != 0 || setgid(user) != 0 || setuid(user) != 0)
        _exit(125);
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
}

int main(int argc, char **argv)
{
    struct timespec began, over;
    struct rusage used;
    int log, status;
    pid_t child;

    log = argc < 5 ? -1 : open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (log < 0) {
        fprintf(stderr, "usage: launch ROOT USER LOG PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &began);
    child = fork();
    if (child == 0) {
        become(argv[1], (gid_t)atoi(argv[2]), log);
        execv(argv[4], argv + 4);
        _exit(126);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &over);
    printf("%lld %ld %d\n", (over.tv_sec - began.tv_sec) * 1000000000LL + (over.tv_nsec - began.tv_nsec),
           used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}

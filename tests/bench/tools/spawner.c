/*
 * spawner PLAN: the least that a program in C does to run the programs of PLAN one after the other, each with what it
 * prints read to the end: two pipes, posix_spawn, poll, read, waitpid. It understands nothing of what it reads.
 *
 * PLAN is a file of NUL-terminated words; an empty word ends a command. Exit status 0: all of them exited 0.
 */
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char plan[65536];
static char text[65536];

/* Reads both streams until both are at their end. */
static void read_to_the_end(int out, int err)
{
    struct pollfd streams[2] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };
    int i, open = 2;

    while (open > 0 && poll(streams, 2, -1) > 0)
        for (i = 0; i < 2; i++)
            if (streams[i].revents && read(streams[i].fd, text, sizeof text) <= 0) {
                close(streams[i].fd);
                streams[i].fd = -1;
                open--;
            }
}

static int run(char **words)
{
    posix_spawn_file_actions_t actions;
    int out[2], err[2], status = -1;
    pid_t child;

    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    if (posix_spawn(&child, words[0], &actions, NULL, words, environ) != 0)
        return -1;
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    read_to_the_end(out[0], err[0]);
    return waitpid(child, &status, 0) == child ? status : -1;
}

int main(int argc, char **argv)
{
    char *words[64], *at = plan, *end;
    int file = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, count = 0;
    ssize_t length = file < 0 ? -1 : read(file, plan, sizeof plan - 1);

    if (length <= 0) {
        fprintf(stderr, "usage: spawner PLAN\n");
        return 2;
    }
    close(file);
    for (end = plan + length; at < end; at += strlen(at) + 1) {
        if (*at != '\0') {
            if (count < 63)
                words[count++] = at;
            continue;
        }
        words[count] = NULL;
        if (count > 0 && run(words) != 0)
            return 1;
        count = 0;
    }
    return 0;
}

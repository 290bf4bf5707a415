/*
 * svcprop, VBoxManage and VBoxHeadless for the benchmarks: they answer at once, with text that the real ones printed.
 *
 * Which of them it is, the name says that it was started by. The answers are files in /opt/bench/answers; the one VM
 * runs while /opt/bench/state/pid names its process, which `startvm` starts and `controlvm` ends, because a start is
 * done when the VM's process is seen, and a stop when it is gone. Where there is a file /opt/bench/state/calls, each
 * call is written down in it: the program's path and its arguments, each with a NUL after it, and one more NUL.
 *
 * Linked statically, to begin as fast as a program can.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define NAME "vm1"
#define ANSWERS "/opt/bench/answers/"
#define PID "/opt/bench/state/pid"
#define CALLS "/opt/bench/state/calls"
/* Where VirtualBox has the VM; its folders are there. */
#define MACHINE "/tmp/" NAME
#define HEADLESS "/opt/bench/VBoxHeadless"
#define UUID "45d28bca-c10d-4bfe-88b8-86daa85b695a"

/* Not a status of any of the tools: whoever sees it knows whom to blame. */
#define CANNOT_STAND_IN 125

static int cannot(const char *what)
{
    fprintf(stderr, "instant: %s: %s\n", what, strerror(errno));
    return CANNOT_STAND_IN;
}

/* Prints an answer. */
static int answer(const char *name)
{
    char path[256], text[16384];
    ssize_t length;
    int file;

    snprintf(path, sizeof path, ANSWERS "%s", name);
    file = open(path, O_RDONLY);
    if (file < 0)
        return cannot(path);
    while ((length = read(file, text, sizeof text)) > 0)
        if (write(1, text, (size_t)length) != length)
            return cannot("stdout");
    return 0;
}

static void write_down(char **argv)
{
    char line[4096];
    size_t length = 0;
    int file = open(CALLS, O_WRONLY | O_APPEND);

    if (file < 0)
        return;
    for (; *argv && length + strlen(*argv) + 2 < sizeof line; argv++)
        length = (size_t)(stpcpy(line + length, *argv) - line) + 1;
    line[length++] = '\0';
    if (write(file, line, length) < 0)
        exit(cannot(CALLS));
}

/* Writes a file of VirtualBox anew. */
static int write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text) && close(file) == 0;

    return done ? 0 : cannot(path);
}

/* The VM's settings, off or saved. */
static int write_settings(const char *state)
{
    char text[512];

    snprintf(text, sizeof text,
             "<?xml version=\"1.0\"?>\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.19-linux\">\n"
             "  <Machine uuid=\"{" UUID "}\" name=\"" NAME "\"%s>\n  </Machine>\n</VirtualBox>\n",
             state);
    return write_file(MACHINE "/" NAME ".vbox", text);
}

/* What the VM's process says of itself. */
static int write_log(pid_t process)
{
    char text[512];

    snprintf(text, sizeof text,
             "00:00:00.000100 Process ID: %d\n"
             "00:00:00.300000 Changing the VM state from 'POWERING_ON' to 'RUNNING'\n"
             "00:00:00.300100 Console: Machine state changed to 'Running'\n",
             (int)process);
    return write_file(MACHINE "/Logs/VBox.log", text);
}

/* The process of the VM, or 0. */
static pid_t vm(void)
{
    char text[16] = "";
    int file = open(PID, O_RDONLY);

    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        return 0;
    return (pid_t)atoi(text);
}

static int start(void)
{
    char text[16];
    int file;
    pid_t child = vfork();

    if (child == 0) {
        /* Whoever reads what we print is not to wait for the VM's end. */
        close(0);
        close(1);
        close(2);
        execl(HEADLESS, "VBoxHeadless", "--comment", NAME, "--startvm", UUID, "--vrde", "config", (char *)NULL);
        _exit(CANNOT_STAND_IN);
    }
    if (child < 0)
        return cannot("vfork");
    file = open(PID, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (file < 0 || write(file, text, (size_t)snprintf(text, sizeof text, "%d", child)) < 0)
        return cannot(PID);
    if (write_settings("") != 0 || write_log(child) != 0)
        return CANNOT_STAND_IN;
    return answer("startvm");
}

static int stop(void)
{
    struct pollfd over = { .fd = -1, .events = POLLIN };
    pid_t process = vm();

    if (process == 0)
        return cannot(PID);
    /* Its settings are written before its process is gone. */
    if (write_file(MACHINE "/Snapshots/state.sav", "state") != 0 ||
        write_settings(" stateFile=\"Snapshots/state.sav\"") != 0)
        return CANNOT_STAND_IN;
    over.fd = (int)syscall(SYS_pidfd_open, process, 0);
    if (over.fd < 0 || kill(process, SIGKILL) != 0 || poll(&over, 1, -1) != 1 || unlink(PID) != 0)
        return cannot("the VM's process");
    return 0;
}

static int vboxmanage(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const char *last = argc > 1 ? argv[argc - 1] : "";

    if (strcmp(verb, "showvminfo") == 0)
        return answer(vm() ? "showvminfo.running" : "showvminfo.poweroff");
    if (strcmp(verb, "startvm") == 0)
        return start();
    if (strcmp(verb, "controlvm") == 0)
        return stop();
    if (strcmp(verb, "list") == 0 && strcmp(last, "runningvms") == 0) {
        if (strcmp(argv[2], "--multiple") == 0 && answer("list.vms") != 0)
            return CANNOT_STAND_IN;
        return vm() ? answer("list.runningvms") : 0;
    }
    errno = EINVAL;
    return cannot(verb);
}

/* Whether the instance has no such property: its context is that of its service, which has none. */
static int is_missing(const char *path)
{
    static const char *const names[] = { "/user", "/use_profile", "/profile", "/environment", "/exec" };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);

        if (strlen(path) > length && strcmp(path + strlen(path) - length, names[i]) == 0)
            return 1;
    }
    return 0;
}

/* A whole listing with -t, and what is not there; one value without. */
static int svcprop(int argc, char **argv)
{
    char name[64];
    int i;

    if (argc < 4)
        return 2;
    if (strcmp(argv[1], "-t") == 0) {
        if (answer("svcprop.all") != 0)
            return CANNOT_STAND_IN;
        for (i = 2; i < argc; i++)
            if (is_missing(argv[i]))
                dprintf(2, "svcprop: Couldn't find property `%s' for instance `%s'.\n", argv[i], argv[argc - 1]);
        /* The real one exits 1; the programs that others are measured beside take that for a failure. */
        return 0;
    }
    snprintf(name, sizeof name, "svcprop.%s", argv[2]);
    for (i = 0; name[i]; i++)
        if (name[i] == '/')
            name[i] = '.';
    return answer(name);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];

    while (strcmp(name, "VBoxHeadless") == 0)
        pause();
    write_down(argv);
    return strcmp(name, "svcprop") == 0 ? svcprop(argc, argv) : vboxmanage(argc, argv);
}

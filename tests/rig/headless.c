/*
 * Stands in the place of VBoxHeadless, which is a setuid program that does not go on without VirtualBox's
 * kernel driver. Enters the same VBoxHeadless.so without the driver; a VM then needs
 * `modifyvm VM --vm-execution-engine recompiler`.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LIBRARIES "/usr/lib/virtualbox/"

/* SUPR3INIT_F_DRIVERLESS | SUPR3INIT_F_DRIVERLESS_IEM_ALLOWED */
#define DRIVERLESS 0x4
#define INTERPRETER_ALLOWED 0x8

static void *open_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        fprintf(stderr, "headless launcher: %s\n", dlerror());
        exit(125);
    }
    return library;
}

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "headless launcher: %s: %s\n", name, dlerror());
        exit(125);
    }
    return symbol;
}

static void must(const char *what, int status)
{
    if (status < 0) {
        fprintf(stderr, "headless launcher: %s: %d\n", what, status);
        exit(125);
    }
}

int main(int argc, char **argv, char **envp)
{
    void *runtime = open_library(LIBRARIES "VBoxRT.so");
    int (*init_exe)(int, char ***, uint32_t) = find(runtime, "RTR3InitExe");
    int (*init_support)(uint32_t, void *) = find(runtime, "SUPR3InitEx");
    must("RTR3InitExe", init_exe(argc, &argv, 0));
    must("SUPR3InitEx", init_support(DRIVERLESS | INTERPRETER_ALLOWED, NULL));

    void *headless = open_library(LIBRARIES "VBoxHeadless.so");
    int (*trusted_main)(int, char **, char **) = find(headless, "TrustedMain");
    return trusted_main(argc, argv, envp);
}

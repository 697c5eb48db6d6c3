/* A libcuda that starts as NVIDIA's does on a machine that STATUS and the other names describe: it names a thread of its own first, and asks for an MPS server. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 13020
#endif
#ifndef FREE_GB
#define FREE_GB 70
#endif
#ifndef INTEGRATED
#define INTEGRATED 0
#endif

enum { IS_INTEGRATED = 18 };
enum { NO_DEVICE = 100, REFUSED_BY_SYSTEM = 304, NOT_INITIALISED = 802, MPS_UNREACHABLE = 805, UNKNOWN = 999 };

static int named, looks; /* looks: for a FREE_GB that changes */

static void *name_itself(void *nothing)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/comm", (long)syscall(SYS_gettid));
    int file = open(path, O_RDWR | O_CLOEXEC);
    named = file >= 0 && write(file, "cuda-stub", 9) == 9;
    if (file >= 0)
        close(file);
    return nothing;
}

static int serverless(void)
{
    struct sockaddr_un control = {AF_UNIX, "/tmp/no-mps-of-this-stub/control"};
    int asked = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int none = connect(asked, (struct sockaddr *)&control, sizeof control) == -1 && errno == ENOENT;
    close(asked);
    return none;
}

int cuInit(unsigned flags)
{
    if (!serverless())
        return MPS_UNREACHABLE;
    pthread_t thread;
    pthread_create(&thread, 0, name_itself, 0);
    pthread_join(thread, 0);
    return named ? STATUS : REFUSED_BY_SYSTEM;
}

int cuGetErrorString(int error, const char **words)
{
    *words = error == NO_DEVICE           ? "no CUDA-capable device is detected"
             : error == REFUSED_BY_SYSTEM ? "OS call failed or operation not supported on this OS"
             : error == NOT_INITIALISED   ? "system not yet initialized"
                                          : "unknown error";
    return 0;
}

int cuDriverGetVersion(int *version) { return *version = VERSION, 0; }
int cuDeviceGetCount(int *count) { return *count = 1, 0; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, 0; }
int cuDeviceGetName(char *name, int size, int device) { return snprintf(name, size, "Stub GPU %d", device), 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { return *context = &named, device; }
int cuCtxSetCurrent(void *context) { return context == 0; }
int cuMemGetInfo_v2(size_t *free, size_t *total) { return *free = (size_t)FREE_GB << 30, *total = (size_t)80 << 30, 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) { return *value = attribute == IS_INTEGRATED && INTEGRATED, device; }

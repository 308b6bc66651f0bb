/* Threads and scratch memory.
 *
 * One loop at a time is open to the workers. Opening it puts out a number of seats; each worker
 * that takes one draws chunks until there are none left, as the caller does. The caller then takes
 * back the seats nobody has taken, so that it never waits for a worker that is still waking up,
 * and waits for those who sat down. Idle workers look for work for a while and then sleep: waking
 * one takes its caller about 10 us, and the one who is woken 50 us. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fl.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 256, CHUNKS_PER_THREAD = 4, SPIN_NANOSECONDS = 50000 };
enum { PAYS_AWAKE = 4000, PAYS_ASLEEP = 15000 }; /* nanoseconds of work that are worth sharing */

/* The open loop. Written by the caller only while no worker is seated. */
static struct {
    fl_body body;
    void *context;
    int64_t n, chunk;
} loop;

static atomic_int_fast64_t next_begin; /* the first number that nobody has drawn */
static atomic_int seats;               /* how many workers may still join */
static atomic_int left;                /* how many joined and have left again */
static atomic_int opened;              /* counts loops: changes when there may be work */
static atomic_int sleepers;            /* workers that sleep, or are about to */
static atomic_int caller_waits;        /* the caller sleeps, or is about to */
static atomic_int threads;             /* as set; 0: not yet asked for */
static atomic_int workers;             /* started so far; changed only by who holds `region` */

static pthread_mutex_t region = PTHREAD_MUTEX_INITIALIZER; /* held while a loop is open */
static __thread int inside; /* this thread runs a chunk */

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Looks at `value` for some microseconds; whether it was `wanted` meanwhile, or, with `differ`,
 * another. Going to sleep and waking up takes as long. */
static int spin(atomic_int *value, int wanted, int differ) {
    int64_t until = nanoseconds() + SPIN_NANOSECONDS;
    do
        for (int i = 0; i < 16; i++) {
            if ((atomic_load_explicit(value, memory_order_acquire) == wanted) != differ)
                return 1;
            pause_briefly();
        }
    while (nanoseconds() < until);
    return 0;
}

/* ---- sleeping ---- */

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>

static void sleep_while(atomic_int *value, int seen) {
    syscall(SYS_futex, value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void wake(atomic_int *value, int count) {
    syscall(SYS_futex, value, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static void wake_nobody(void) {
}
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* Returns when `value` may have changed from `seen`. */
static void sleep_while(atomic_int *value, int seen) {
    pthread_mutex_lock(&lock);
    if (atomic_load(value) == seen)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* Wakes `count` of those who sleep on `value`, or more. */
static void wake(atomic_int *value, int count) {
    (void)value, (void)count;
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_cond_broadcast(&changed);
}

/* In a forked child: whoever slept is not here. */
static void wake_nobody(void) {
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}
#endif

/* ---- the loop ---- */

static void draw_chunks(void) {
    inside = 1;
    for (;;) {
        int64_t begin = atomic_fetch_add_explicit(&next_begin, loop.chunk, memory_order_relaxed);
        if (begin >= loop.n)
            break;
        int64_t end = begin + loop.chunk < loop.n ? begin + loop.chunk : loop.n;
        loop.body(loop.context, begin, end);
    }
    inside = 0;
}

static int take_seat(void) {
    int free_seats = atomic_load_explicit(&seats, memory_order_relaxed);
    while (free_seats > 0)
        if (atomic_compare_exchange_weak_explicit(&seats, &free_seats, free_seats - 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return 1;
    return 0;
}

/* Waits until loops were opened since `seen`.
 *
 * The opener counts the loop and then looks for sleepers, the sleeper does it the other way
 * round: one of the two sees the other. */
static void wait_for_work(int seen) {
    if (spin(&opened, seen, 1))
        return;
    atomic_fetch_add(&sleepers, 1);
    while (atomic_load(&opened) == seen)
        sleep_while(&opened, seen);
    atomic_fetch_sub(&sleepers, 1);
}

static void *worker(void *unused) {
    (void)unused;
    int seen = 0;
    for (;;) {
        wait_for_work(seen);
        seen = atomic_load(&opened);
        if (!take_seat())
            continue;
        draw_chunks();
        atomic_fetch_add(&left, 1);
        if (atomic_load(&caller_waits))
            wake(&left, 1);
    }
    return NULL;
}

static void wait_for_leavers(int seated) {
    if (spin(&left, seated, 0))
        return;
    atomic_store(&caller_waits, 1);
    for (int now; (now = atomic_load(&left)) != seated;)
        sleep_while(&left, now);
    atomic_store(&caller_waits, 0);
}

/* Makes workers until there are `wanted`, or no more can be had; signals stay with the program's
 * own threads. */
static void start_workers(int wanted) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (workers < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, NULL))
            break;
        pthread_detach(thread);
        workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fl_for(int64_t n, int64_t grain, fl_body body, void *context) {
    if (n <= 0)
        return;
    if (grain < 1)
        grain = 1;
    int64_t most = fl_num_threads();
    if (n <= grain || most == 1 || inside || pthread_mutex_trylock(&region)) {
        body(context, 0, n);
        return;
    }
    int64_t chunk = (n + most * CHUNKS_PER_THREAD - 1) / (most * CHUNKS_PER_THREAD);
    if (chunk < grain)
        chunk = grain;
    int64_t chunks = (n + chunk - 1) / chunk;
    int helpers = (int)((chunks < most ? chunks : most) - 1);
    if (workers < helpers)
        start_workers(helpers);
    if (helpers > workers)
        helpers = workers;

    loop.body = body, loop.context = context, loop.n = n, loop.chunk = chunk;
    atomic_store_explicit(&next_begin, 0, memory_order_relaxed);
    atomic_store_explicit(&left, 0, memory_order_relaxed);
    atomic_store_explicit(&seats, helpers, memory_order_release);
    atomic_fetch_add(&opened, 1);
    if (atomic_load(&sleepers))
        wake(&opened, helpers);
    draw_chunks();
    int seated = helpers - atomic_exchange(&seats, 0);
    wait_for_leavers(seated);
    pthread_mutex_unlock(&region);
}

/* ---- how many ---- */

static int cores(void) {
#ifdef __linux__
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set))
        return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

void fl_set_num_threads(int64_t n) {
    atomic_store(&threads, n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (int)n);
}

int64_t fl_num_threads(void) {
    int n = atomic_load_explicit(&threads, memory_order_relaxed);
    if (n == 0) {
        fl_set_num_threads(cores());
        n = atomic_load_explicit(&threads, memory_order_relaxed);
    }
    return n;
}

int64_t fl_threads_here(void) {
    return inside ? 1 : fl_num_threads();
}

int64_t fl_threads_for(int64_t nanoseconds) {
    if (nanoseconds < PAYS_AWAKE)
        return 1;
    int asleep = atomic_load_explicit(&sleepers, memory_order_relaxed) >=
                 atomic_load_explicit(&workers, memory_order_relaxed);
    return asleep && nanoseconds < PAYS_ASLEEP ? 1 : fl_threads_here();
}

/* ---- fork: only the forking thread lives on in the child ---- */

static void start_afresh(void) {
    workers = 0;
    inside = 0;
    atomic_store(&seats, 0);
    atomic_store(&left, 0);
    atomic_store(&sleepers, 0);
    atomic_store(&caller_waits, 0);
    region = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    wake_nobody();
}

/* ---- scratch memory ---- */

typedef struct {
    void *memory;
    size_t bytes;
} slot_memory;

static __thread slot_memory *slots; /* FL_SLOTS of them */
static pthread_key_t slots_key;     /* holds the same, to be released when the thread ends */

static void release(void *memory) {
    slot_memory *mine = memory;
    for (int i = 0; i < FL_SLOTS; i++)
        free(mine[i].memory);
    free(mine);
}

void *fl_scratch(int64_t slot, size_t bytes) {
    if (!slots) {
        slots = calloc(FL_SLOTS, sizeof *slots);
        if (!slots)
            return NULL;
        pthread_setspecific(slots_key, slots);
    }
    slot_memory *mine = &slots[slot];
    if (mine->bytes >= bytes)
        return mine->memory;
    /* Half more than before at least, so that growing step by step does not take long. */
    size_t wanted = mine->bytes + mine->bytes / 2;
    wanted = ((wanted > bytes ? wanted : bytes) + 4095) / 4096 * 4096;
    free(mine->memory);
    mine->bytes = 0;
    if (posix_memalign(&mine->memory, 64, wanted)) {
        mine->memory = NULL;
        return NULL;
    }
    mine->bytes = wanted;
    return mine->memory;
}

__attribute__((constructor)) static void load(void) {
    pthread_key_create(&slots_key, release);
    pthread_atfork(NULL, NULL, start_afresh);
}

/* Random streams against the definition of the Mersenne Twister. */
#include "checks.h"

enum { WORDS = 624 };
typedef struct {
    uint32_t words[WORDS];
    int position;
} twister;

/* Its words one after the other, as its authors define them. */
static uint32_t next(twister *t) {
    if (t->position >= WORDS) {
        for (int i = 0; i < WORDS; i++) {
            uint32_t y = (t->words[i] & 0x80000000u) | (t->words[(i + 1) % WORDS] & 0x7fffffffu);
            t->words[i] = t->words[(i + 397) % WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
        }
        t->position = 0;
    }
    uint32_t y = t->words[t->position++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static uint64_t next64(twister *t) {
    uint64_t high = next(t);
    return high << 32 | next(t);
}

static double unit(twister *t) { return (double)(next64(t) & ((1ull << 53) - 1)) * 0x1p-53; }

static twister seeded(uint32_t seed) {
    twister t = {.position = WORDS};
    t.words[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++)
        t.words[i] = 1812433253u * (t.words[i - 1] ^ t.words[i - 1] >> 30) + i;
    return t;
}

static void check_uniforms(int64_t n) {
    twister ours = seeded(5489), theirs = ours;
    float *x = room(n);
    double *y = room64(n), *z = room64(n);
    int right = 1;
    fl_uniform_float(&ours, x, n, 0, 1);
    for (int64_t i = 0; i < n; i++)
        right &= x[i] == (float)(next(&theirs) & 0xffffff) * 0x1p-24f;
    fl_uniform_double(&ours, y, n, 0, 1);
    for (int64_t i = 0; i < n; i++)
        right &= y[i] == unit(&theirs);
    expect(right && next(&ours) == next(&theirs), "%lld uniform numbers", (long long)n);
    fl_exponential_double(&ours, y, n, 2);
    fl_exponential_float(&ours, x, n, 2);
    for (int64_t i = 0; i < n; i++)
        z[i] = log1p(-unit(&theirs)) / -2;
    right = all_near64(y, z, n, 1e-15);
    for (int64_t i = 0; i < n; i++)
        z[i] = log1p(-unit(&theirs)) / -2;
    expect(right && all_near(x, z, n, 1e-7), "%lld exponential numbers", (long long)n);
    tidy();
}

/* Blocks of sixteen: radii from the first eight, angles from the others; the last sixteen afresh. */
static void check_normals(int64_t n) {
    twister ours = seeded(11), theirs = ours;
    float *x = room(n);
    double *z = room64(n), *y = room64(n), waiting[2] = {0, 0}, units[16];
    for (int wide = 0; wide < 2; wide++) {
        for (int64_t i = 0; i < n; i += 16) {
            int64_t begin = i + 16 <= n ? i : n - 16;
            for (int64_t k = 0; k < n % 16 && begin != i; k++)
                wide ? (void)unit(&theirs) : (void)next(&theirs);
            for (int k = 0; k < 16; k++)
                units[k] = wide ? unit(&theirs) : (double)(next(&theirs) & 0xffffff) * 0x1p-24;
            for (int k = 0; k < 8; k++) {
                double radius = sqrt(-2 * log(1 - units[k])), angle = 6.283185307179586 * units[k + 8];
                z[begin + k] = radius * cos(angle) * 3 + 1;
                z[begin + k + 8] = radius * sin(angle) * 3 + 1;
            }
        }
        if (wide)
            fl_normal_double(&ours, waiting, y, n, 1, 3, 1);
        else
            fl_normal_float(&ours, waiting, x, n, 1, 3, 1);
        expect(wide ? all_near64(y, z, n, 1e-14) : all_near(x, z, n, 6e-6), "%lld normal numbers", (long long)n);
        expect(ours.position == theirs.position, "normal numbers take as many words");
    }
    tidy();
}

static void check_whole(int64_t n) {
    twister ours = seeded(3), theirs = ours;
    int64_t *x = integers(n, 0, 0), *seen = integers(n, 0, 0), right = 1;
    uint8_t *yes = memory((size_t)n);
    fl_randint(&ours, x, n, -5, 1000003, 0);
    for (int64_t i = 0; i < n; i++)
        right &= x[i] == (int64_t)(next(&theirs) % 1000003) - 5;
    fl_randint(&ours, x, n, 7, 1ull << 40, 1);
    for (int64_t i = 0; i < n; i++)
        right &= x[i] == (int64_t)(next64(&theirs) % (1ull << 40)) + 7;
    fl_bernoulli(&ours, yes, n, 0.3, 1, 1);
    for (int64_t i = 0; i < n; i++)
        right &= yes[i] == (unit(&theirs) < 0.3);
    for (int k = 0; k < 4; k++) { /* masks, some of whose probabilities decide by the last bits */
        static const double p[] = {0.9, 0, 1, 0x1p-53};
        uint32_t *mask = memory((size_t)n * 4);
        fl_bernoulli(&ours, mask, n, p[k], 4, 0x3f8e38e4);
        for (int64_t i = 0; i < n; i++)
            right &= mask[i] == (unit(&theirs) < p[k] ? 0x3f8e38e4 : 0);
    }
    fl_randperm(&ours, x, n);
    for (int64_t i = 0; i < n; i++)
        seen[x[i]]++;
    for (int64_t i = 0; i < n; i++)
        right &= seen[i] == 1;
    expect((int)right, "%lld whole numbers", (long long)n);
    tidy();
}

void check_random(void) {
    twister t = seeded(5489);
    uint32_t last = 0;
    for (int i = 0; i < 10000; i++)
        last = next(&t);
    expect(last == 4123659995u, "the ten thousandth word of the seed 5489, as C++ demands it");
    static const int64_t sizes[] = {1, 15, 16, 17, 33, 624, 2500};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_uniforms(sizes[i]);
        check_whole(sizes[i]);
        if (sizes[i] >= 16)
            check_normals(sizes[i]);
    }
}

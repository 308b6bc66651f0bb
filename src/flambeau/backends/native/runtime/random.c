/* PyTorch's random numbers, drawn from NumPy's Mersenne Twister.
 *
 * Which words become which number, and in which order, is told in tensor/draws/, whose arithmetic
 * this repeats rounding for rounding. So this file is compiled without contraction: a multiply-add
 * is fused where fma stands, and nowhere else. */
#include "fl.h"
#include "vector.h"
#include <math.h>
#include <string.h>

enum { WORDS = 624, OFFSET = 397, CHUNK = 1024, BLOCK = 16 };
enum { ROUND = 1 << 15, SHARE = 1 << 12 }; /* draws whose words stay in the second cache; a thread's */

/* NumPy's mt19937_state. */
typedef struct {
    uint32_t words[WORDS];
    int position; /* of the next word; WORDS: a new block is due */
} twister;

static const double TWO_PI = 6.283185307179586;
static const uint64_t UNIT64 = (UINT64_C(1) << 53) - 1; /* the bits of a double in [0, 1) */

#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define fma32 __builtin_fmaf
#else
static inline float fma32(float a, float b, float c) {
    return (float)((double)a * b + c);
}
#endif

/* ---- words ---- */

static inline uint32_t twist(uint32_t high, uint32_t low) {
    uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
    return mixed >> 1 ^ (-(low & 1) & 0x9908b0dfu);
}

static void next_block(twister *state) {
    uint32_t *w = state->words;
    for (int i = 0; i < WORDS - OFFSET; i++)
        w[i] = w[i + OFFSET] ^ twist(w[i], w[i + 1]);
    for (int i = WORDS - OFFSET; i < WORDS - 1; i++)
        w[i] = w[i + OFFSET - WORDS] ^ twist(w[i], w[i + 1]);
    w[WORDS - 1] = w[OFFSET - 1] ^ twist(w[WORDS - 1], w[0]);
    state->position = 0;
}

/* From the generator's words to those that it gives out. */
static inline void temper(const uint32_t *restrict words, uint32_t *restrict out, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t y = words[i];
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c5680u;
        y ^= y << 15 & 0xefc60000u;
        out[i] = y ^ y >> 18;
    }
}

static void draw(twister *state, uint32_t *out, int64_t n) {
    while (n > 0) {
        if (state->position >= WORDS)
            next_block(state);
        int64_t there = WORDS - state->position, size = n < there ? n : there;
        temper(state->words + state->position, out, size);
        state->position += (int)size;
        out += size, n -= size;
    }
}

/* The n > 0 next words before tempering, in `all`, which has room for n and two blocks more. */
static const uint32_t *draw_raw(twister *state, uint32_t *all, int64_t n) {
    int64_t first = state->position, blocks = (first + n - 1) / WORDS;
    memcpy(all, state->words, sizeof state->words);
    for (int64_t i = WORDS; i < (blocks + 1) * WORDS; i++)
        all[i] = all[i + OFFSET - WORDS] ^ twist(all[i - WORDS], all[i + 1 - WORDS]);
    memcpy(state->words, all + blocks * WORDS, sizeof state->words);
    state->position = (int)(first + n - blocks * WORDS);
    return all + first;
}

static void skip(twister *state, int64_t n) {
    uint32_t words[2 * BLOCK];
    draw(state, words, n);
}

/* 64-bit words from two words each, the high one first. */
static void draw64(twister *state, uint64_t *out, int64_t n) {
    uint32_t words[2 * CHUNK];
    while (n > 0) {
        int64_t size = n < CHUNK ? n : CHUNK;
        draw(state, words, 2 * size);
        for (int64_t i = 0; i < size; i++)
            out[i] = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
        out += size, n -= size;
    }
}

/* ---- uniform numbers in [0, 1) ---- */

static inline float unit_of(uint32_t word) {
    return (float)(int32_t)(word & 0xffffff) * 0x1p-24f;
}

/* The integer below 2**53, of two halves that are written into the significands of 2**84 and 2**52:
 * a conversion that every vector unit can do. */
static inline double unit_of64(uint64_t word) {
    uint64_t high = (word >> 32 & 0x1fffff) | 0x4530000000000000u;
    uint64_t low = (word & 0xffffffff) | 0x4330000000000000u;
    double h, l;
    memcpy(&h, &high, 8);
    memcpy(&l, &low, 8);
    return ((h - 0x1p84) + (l - 0x1p52)) * 0x1p-53;
}

static void draw_units(twister *state, double *out, int64_t n) {
    uint64_t words[CHUNK];
    while (n > 0) {
        int64_t size = n < CHUNK ? n : CHUNK;
        draw64(state, words, size);
        for (int64_t i = 0; i < size; i++)
            out[i] = unit_of64(words[i]);
        out += size, n -= size;
    }
}

void fl_uniform_float(void *state, float *out, int64_t n, double low, double high) {
    uint32_t words[CHUNK];
    float first = (float)low, last = (float)high, span = last - first;
    for (int64_t size; n > 0; n -= size, out += size) {
        size = n < CHUNK ? n : CHUNK;
        draw(state, words, size);
        for (int64_t i = 0; i < size; i++) {
            float value = fma32(unit_of(words[i]), span, first);
            out[i] = value == last ? first : value;
        }
    }
}

void fl_uniform_double(void *state, double *out, int64_t n, double low, double high) {
    for (int64_t size; n > 0; n -= size, out += size) {
        size = n < CHUNK ? n : CHUNK;
        draw_units(state, out, size);
        for (int64_t i = 0; i < size; i++) {
            double value = fma(out[i], high - low, low);
            out[i] = value == high ? low : value;
        }
    }
}

/* ---- normal numbers: Box-Muller ---- */

/* log x for 0 < x <= 1: x = m 2**e with sqrt(1/2) <= m < sqrt(2), and a polynomial in m - 1. */
static inline float log_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, 4);
    int32_t exponent = (bits >> 23) - 126;
    bits = (bits & 0x7fffff) | 0x3f000000;
    memcpy(&x, &bits, 4);
    int small = x < 0.707106781186547524f;
    exponent -= small;
    x = (x + (small ? x : 0.0f)) - 1.0f;

    float value = fma32(x, 7.0376836292e-2f, -1.1514610310e-1f);
    value = fma32(value, x, 1.1676998740e-1f);
    value = fma32(value, x, -1.2420140846e-1f);
    value = fma32(value, x, 1.4249322787e-1f);
    value = fma32(value, x, -1.6668057665e-1f);
    value = fma32(value, x, 2.0000714765e-1f);
    value = fma32(value, x, -2.4999993993e-1f);
    value = fma32(value, x, 3.3333331174e-1f);
    float square = x * x, power = (float)exponent;
    value = fma32(value * x, square, power * -2.12194440e-4f);
    return (x + (value - square * 0.5f)) + power * 0.693359375f;
}

/* Cosine and sine of 0 <= x <= 2 pi: x less a multiple of pi / 2, and the quarter's signs. */
static inline void cos_sin_of(float x, float *cosine, float *sine) {
    int32_t octant = ((int32_t)(x * 1.27323954473516f) + 1) & ~1;
    float multiple = (float)octant;
    x -= multiple * 0.78515625f;
    x -= multiple * 2.4187564849853515625e-4f;
    x = fma32(-multiple, 3.77489497744594108e-8f, x);

    float z = x * x;
    float c = fma32(z, 2.443315711809948e-5f, -1.388731625493765e-3f);
    float s = fma32(z, -1.9515295891e-4f, 8.3321608736e-3f);
    c = fma32(c, z, 4.166664568298827e-2f) * z;
    s = fma32(s, z, -1.6666654611e-1f) * z;
    c = fma32(c, z, z * -0.5f) + 1.0f;
    s = fma32(s, x, x);

    int32_t c_bits, s_bits;
    memcpy(&c_bits, &c, 4);
    memcpy(&s_bits, &s, 4);
    int32_t swap = (c_bits ^ s_bits) & -((octant & 2) >> 1);
    uint32_t c_sign = (uint32_t)(~(octant - 2) & 4) << 29, s_sign = (uint32_t)(octant & 4) << 29;
    c_bits = (int32_t)((uint32_t)(c_bits ^ swap) ^ c_sign);
    s_bits = (int32_t)((uint32_t)(s_bits ^ swap) ^ s_sign);
    memcpy(cosine, &c_bits, 4);
    memcpy(sine, &s_bits, 4);
}

/* A block: the radii come from the first eight words, the angles from the others. */
static inline void block_float(const uint32_t *words, float *out, float mean, float std) {
    for (int i = 0; i < BLOCK / 2; i++) {
        float radius = __builtin_sqrtf(log_of(1.0f - unit_of(words[i])) * -2.0f), cosine, sine;
        cos_sin_of(unit_of(words[i + BLOCK / 2]) * (float)TWO_PI, &cosine, &sine);
        out[i] = fma32(cosine * radius, std, mean);
        out[i + BLOCK / 2] = fma32(sine * radius, std, mean);
    }
}

static void blocks_float(twister *state, float *out, int64_t n, double mean, double std) {
    uint32_t words[CHUNK];
    for (int64_t size; n > 0; n -= size, out += size) {
        size = n < CHUNK ? n : CHUNK;
        draw(state, words, size);
        for (int64_t i = 0; i < size; i += BLOCK)
            block_float(words + i, out + i, (float)mean, (float)std);
    }
}

static void blocks_double(twister *state, double *out, int64_t n, double mean, double std) {
    double units[BLOCK];
    for (; n > 0; n -= BLOCK, out += BLOCK) {
        draw_units(state, units, BLOCK);
        for (int i = 0; i < BLOCK / 2; i++) {
            double radius = sqrt(-2.0 * log(1.0 - units[i]));
            double angle = TWO_PI * units[i + BLOCK / 2];
            out[i] = fma(radius * cos(angle), std, mean);
            out[i + BLOCK / 2] = fma(radius * sin(angle), std, mean);
        }
    }
}

/* Standard normals one by one: two from a pair of uniforms, the second of which waits. */
static double next_normal(twister *state, double waiting[2]) {
    if (waiting[1] != 0.0) {
        waiting[1] = 0.0;
        return waiting[0];
    }
    double units[2];
    draw_units(state, units, 2);
    double radius = sqrt(-2.0 * log1p(-units[1])), angle = TWO_PI * units[0];
    waiting[0] = radius * sin(angle), waiting[1] = 1.0;
    return radius * cos(angle);
}

void fl_normal_float(void *state, double *waiting, float *out, int64_t n, double mean, double std, int64_t blocks) {
    int64_t rest = n % BLOCK;
    if (!blocks || n < BLOCK) {
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)fma(next_normal(state, waiting), std, mean);
        return;
    }
    blocks_float(state, out, n - rest, mean, std);
    if (rest) { /* uniforms for these were drawn, too; then the last sixteen are drawn afresh */
        skip(state, rest);
        blocks_float(state, out + n - BLOCK, BLOCK, mean, std);
    }
}

void fl_normal_double(void *state, double *waiting, double *out, int64_t n, double mean, double std, int64_t blocks) {
    int64_t rest = n % BLOCK;
    if (!blocks || n < BLOCK) {
        for (int64_t i = 0; i < n; i++)
            out[i] = fma(next_normal(state, waiting), std, mean);
        return;
    }
    blocks_double(state, out, n - rest, mean, std);
    if (rest) {
        skip(state, 2 * rest);
        blocks_double(state, out + n - BLOCK, BLOCK, mean, std);
    }
}

/* ---- exponential numbers ---- */

void fl_exponential_float(void *state, float *out, int64_t n, double rate) {
    double units[CHUNK];
    for (int64_t size; n > 0; n -= size, out += size) {
        size = n < CHUNK ? n : CHUNK;
        draw_units(state, units, size);
        for (int64_t i = 0; i < size; i++)
            out[i] = (float)(-1.0 / rate * log1p(-units[i]));
    }
}

void fl_exponential_double(void *state, double *out, int64_t n, double rate) {
    draw_units(state, out, n);
    for (int64_t i = 0; i < n; i++)
        out[i] = -1.0 / rate * log1p(-out[i]);
}

/* ---- yes or no ---- */

#define BERNOULLI(T)                                                  \
    for (int64_t i = done; i < size; i++)                             \
        ((T *)out)[i] = (pair_of(words + 2 * i) & UNIT64) < below ? (T)one : (T)0

/* A 64-bit word of two words, the high one first. */
static inline uint64_t pair_of(const uint32_t *words) {
    return (uint64_t)words[0] << 32 | words[1];
}

/* BERNOULLI(uint32_t) for as many of the numbers as fill vectors; gives how many these are. */
static int64_t bernoulli_vectors(const uint32_t *words, uint32_t *out, int64_t n, uint64_t below, uint32_t one) {
    typedef uint64_t pairs __attribute__((vector_size(FL_BYTES)));
    int64_t i = 0;
    for (; i + FL_WIDTH <= n; i += FL_WIDTH) {
        pairs low, high;
        memcpy(&low, words + 2 * i, FL_BYTES);
        memcpy(&high, words + 2 * i + FL_WIDTH, FL_BYTES);
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            low = low << 32 | low >> 32, high = high << 32 | high >> 32;
        lvec first = (lvec)(low & UNIT64) < (int64_t)below, second = (lvec)(high & UNIT64) < (int64_t)below;
        ivec_store((int32_t *)out + i, (ivec)fvec_even((fvec)first, (fvec)second) & (int32_t)one);
    }
    return i;
}

typedef struct {
    const uint32_t *raw;
    void *out;
    int64_t itemsize;
    uint64_t below, one;
} draws;

/* Draws begin..end of a round, of the words that it has. */
static void bernoulli(void *context, int64_t begin, int64_t end) {
    const draws *d = context;
    const uint64_t below = d->below, one = d->one;
    uint32_t words[2 * CHUNK];
    for (int64_t size; begin < end; begin += size) {
        size = end - begin < CHUNK ? end - begin : CHUNK;
        void *out = (char *)d->out + begin * d->itemsize;
        temper(d->raw + 2 * begin, words, 2 * size);
        int64_t done = d->itemsize == 4 ? bernoulli_vectors(words, out, size, below, (uint32_t)one) : 0;
        switch (d->itemsize) {
        case 1: BERNOULLI(uint8_t); break;
        case 2: BERNOULLI(uint16_t); break;
        case 4: BERNOULLI(uint32_t); break;
        case 8: BERNOULLI(uint64_t); break;
        }
    }
}

/* The generator's words come one after the other; what is made of them, threads share. */
void fl_bernoulli(void *state, void *out, int64_t n, double p, int64_t itemsize, uint64_t one) {
    int64_t most = n < ROUND ? n : ROUND;
    uint32_t *all = fl_scratch(FL_ROWS_A, (size_t)(2 * (most + WORDS)) * sizeof(uint32_t));
    for (int64_t size; n > 0; n -= size, out = (char *)out + size * itemsize) {
        size = n < ROUND ? n : ROUND;
        draws d = {draw_raw(state, all, 2 * size), out, itemsize, (uint64_t)ceil(p * 0x1p53), one};
        if (fl_threads_for(size / 2) > 1)
            fl_for(size, SHARE, bernoulli, &d);
        else
            bernoulli(&d, 0, size);
    }
}

/* ---- whole numbers ---- */

/* word % span for 32 bits each, by two multiplications (Lemire, Kaser and Kurz, 2019); inverse is
 * 2**64 / span, rounded up. */
static inline uint32_t remainder_of(uint32_t word, uint32_t span, uint64_t inverse) {
    return (uint32_t)((unsigned __int128)(inverse * word) * span >> 64);
}

void fl_randint(void *state, int64_t *out, int64_t n, int64_t low, uint64_t span, int64_t wide) {
    if (wide) {
        draw64(state, (uint64_t *)out, n);
        for (int64_t i = 0; i < n; i++) {
            uint64_t word = (uint64_t)out[i];
            out[i] = (int64_t)((span ? word % span : word) + (uint64_t)low);
        }
        return;
    }
    uint32_t words[CHUNK];
    uint64_t inverse = UINT64_MAX / span + 1;
    for (int64_t size; n > 0; n -= size, out += size) {
        size = n < CHUNK ? n : CHUNK;
        draw(state, words, size);
        for (int64_t i = 0; i < size; i++)
            out[i] = low + remainder_of(words[i], (uint32_t)span, inverse);
    }
}

void fl_randperm(void *state, int64_t *out, int64_t n) {
    uint32_t words[CHUNK];
    for (int64_t i = 0; i < n; i++)
        out[i] = i;
    for (int64_t start = 0; start < n - 1; start += CHUNK) {
        int64_t size = n - 1 - start < CHUNK ? n - 1 - start : CHUNK;
        draw(state, words, size);
        for (int64_t k = 0; k < size; k++) {
            int64_t here = start + k, there = here + words[k] % (uint32_t)(n - here);
            int64_t moved = out[here];
            out[here] = out[there];
            out[there] = moved;
        }
    }
}

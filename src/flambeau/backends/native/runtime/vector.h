/* Vectors as GNU C has them: as wide as the processor that the runtime is built for.
 *
 * fvec and dvec hold FL_WIDTH floats and FL_WIDTH64 doubles; ivec and lvec integers of the same
 * widths (a comparison of fvecs gives an ivec: all bits set where it holds). The usual operators
 * work on them, also with a scalar on one side; a * b + c becomes one fused multiply-add where the
 * processor has one (the runtime is built with -ffp-contract=fast). */
#ifndef FL_VECTOR_H
#define FL_VECTOR_H
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define FL_BYTES 64
#define FL_REGISTERS 32
#elif defined(__AVX__)
#define FL_BYTES 32
#define FL_REGISTERS 16
#elif defined(__aarch64__)
#define FL_BYTES 16
#define FL_REGISTERS 32
#else
#define FL_BYTES 16
#define FL_REGISTERS 16
#endif
#define FL_WIDTH (FL_BYTES / 4)
#define FL_WIDTH64 (FL_BYTES / 8)

#define FL_INLINE static inline __attribute__((always_inline, unused))

typedef float fvec __attribute__((vector_size(FL_BYTES)));
typedef double dvec __attribute__((vector_size(FL_BYTES)));
typedef int32_t ivec __attribute__((vector_size(FL_BYTES)));
typedef int64_t lvec __attribute__((vector_size(FL_BYTES)));

/* Keeps a vector in its register: without it a compiler may load it again for each use. */
#if defined(__x86_64__)
#define FL_KEEP(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define FL_KEEP(v) __asm__("" : "+w"(v))
#else
#define FL_KEEP(v) (void)(v)
#endif

/* The functions of one vector type V of T, with masks of type M; the same for each type:
 *   V_load(p), V_store(p, v)             any address that is right for T
 *   V_load_part(p, n), V_store_part(p, v, n)  the first n elements (the others read as 0)
 *   V_set(x)                             x in each place
 *   V_select(mask, a, b)                 a where the mask's bits are set, else b
 *   V_sum(v)                             the sum of its elements, in pairs
 *   V_last(n)                            the mask of the last n elements */
#define FL_VECTOR(V, T, M, WIDTH)                                                                 \
    typedef T V##_unaligned __attribute__((vector_size(FL_BYTES), aligned(sizeof(T)), may_alias)); \
    FL_INLINE V V##_load(const T *p) { return *(const V##_unaligned *)p; }                        \
    FL_INLINE void V##_store(T *p, V v) { *(V##_unaligned *)p = v; }                              \
    FL_INLINE V V##_load_part(const T *p, int64_t n)                                              \
    {                                                                                             \
        T part[WIDTH] = {0};                                                                      \
        for (int64_t half = WIDTH, at = 0; half; at += n & half, half /= 2)                       \
            if (n & half)                                                                         \
                memcpy(part + at, p + at, (size_t)half * sizeof(T));                              \
        return V##_load(part);                                                                    \
    }                                                                                             \
    FL_INLINE void V##_store_part(T *p, V v, int64_t n)                                           \
    {                                                                                             \
        T part[WIDTH];                                                                            \
        V##_store(part, v);                                                                       \
        for (int64_t half = WIDTH, at = 0; half; at += n & half, half /= 2)                       \
            if (n & half)                                                                         \
                memcpy(p + at, part + at, (size_t)half * sizeof(T));                              \
    }                                                                                             \
    FL_INLINE V V##_set(T x) { return x - (V){0}; }                                               \
    FL_INLINE V V##_select(M mask, V a, V b) { return (V)(((M)a & mask) | ((M)b & ~mask)); }      \
    FL_INLINE M V##_last(int64_t n)                                                               \
    {                                                                                             \
        M place;                                                                                  \
        for (int i = 0; i < WIDTH; i++)                                                           \
            place[i] = i;                                                                         \
        return place >= WIDTH - (__typeof__(place[0]))n;                                          \
    }                                                                                             \
    FL_INLINE T V##_sum(V v)                                                                      \
    {                                                                                             \
        T part[WIDTH];                                                                            \
        memcpy(part, &v, sizeof v);                                                               \
        for (int half = WIDTH / 2; half; half /= 2)                                               \
            for (int i = 0; i < half; i++)                                                        \
                part[i] += part[i + half];                                                        \
        return part[0];                                                                           \
    }

FL_VECTOR(fvec, float, ivec, FL_WIDTH)
FL_VECTOR(dvec, double, lvec, FL_WIDTH64)
FL_VECTOR(ivec, int32_t, ivec, FL_WIDTH)
FL_VECTOR(lvec, int64_t, lvec, FL_WIDTH64)

/* Interleaving: V_low(a, b) is a0 b0 a1 b1 ... of the first halves, V_high of the second halves.
 * V_even(a, b) is a0 a2 ... b0 b2 ..., V_odd(a, b) a1 a3 ... b1 b3 ... */
#define FL_LOW2 0, 2
#define FL_HIGH2 1, 3
#define FL_LOW4 0, 4, 1, 5
#define FL_HIGH4 2, 6, 3, 7
#define FL_LOW8 0, 8, 1, 9, 2, 10, 3, 11
#define FL_HIGH8 4, 12, 5, 13, 6, 14, 7, 15
#define FL_LOW16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define FL_HIGH16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define FL_EVEN2 0, 2
#define FL_ODD2 1, 3
#define FL_EVEN4 0, 2, 4, 6
#define FL_ODD4 1, 3, 5, 7
#define FL_EVEN8 0, 2, 4, 6, 8, 10, 12, 14
#define FL_ODD8 1, 3, 5, 7, 9, 11, 13, 15
#define FL_EVEN16 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define FL_ODD16 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#if FL_BYTES == 64
#define FL_ORDERS(WHICH) FL_##WHICH##16
#define FL_ORDERS64(WHICH) FL_##WHICH##8
#elif FL_BYTES == 32
#define FL_ORDERS(WHICH) FL_##WHICH##8
#define FL_ORDERS64(WHICH) FL_##WHICH##4
#else
#define FL_ORDERS(WHICH) FL_##WHICH##4
#define FL_ORDERS64(WHICH) FL_##WHICH##2
#endif
#if defined(__clang__) || __GNUC__ >= 12
#define FL_SHUFFLE(M, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FL_SHUFFLE(M, a, b, ...) __builtin_shuffle(a, b, (M){__VA_ARGS__})
#endif

/* V_transpose(rows) transposes a square of vectors in place; V_sums(rows) is the sum of each row's
 * elements (rows are overwritten). Both are a network of interleavings, each of a row with the one
 * that is half of the rows further on. */
#if defined(__clang__) /* which passes over GCC's word for it */
#define FL_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FL_UNROLL _Pragma("GCC unroll 16")
#endif
#define FL_NETWORKS(V, M, WIDTH, ORDERS)                                                          \
    FL_INLINE V V##_low(V a, V b) { return FL_SHUFFLE(M, a, b, ORDERS(LOW)); }                    \
    FL_INLINE V V##_high(V a, V b) { return FL_SHUFFLE(M, a, b, ORDERS(HIGH)); }                  \
    FL_INLINE V V##_even(V a, V b) { return FL_SHUFFLE(M, a, b, ORDERS(EVEN)); }                  \
    FL_INLINE V V##_odd(V a, V b) { return FL_SHUFFLE(M, a, b, ORDERS(ODD)); }                    \
    FL_INLINE void V##_transpose(V *rows)                                                         \
    {                                                                                             \
        V from[WIDTH];                                                                            \
        FL_UNROLL for (int stage = 1; stage < WIDTH; stage *= 2) {                                \
            FL_UNROLL for (int i = 0; i < WIDTH; i++)                                             \
                from[i] = rows[i];                                                                \
            FL_UNROLL for (int i = 0; i < WIDTH / 2; i++) {                                       \
                rows[2 * i] = V##_low(from[i], from[i + WIDTH / 2]);                              \
                rows[2 * i + 1] = V##_high(from[i], from[i + WIDTH / 2]);                         \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    FL_INLINE V V##_sums(V *rows)                                                                 \
    {                                                                                             \
        FL_UNROLL for (int half = WIDTH / 2; half; half /= 2) {                                   \
            FL_UNROLL for (int i = 0; i < half; i++)                                              \
                rows[i] = V##_low(rows[i], rows[i + half]) + V##_high(rows[i], rows[i + half]);   \
        }                                                                                         \
        return rows[0];                                                                           \
    }

FL_NETWORKS(fvec, ivec, FL_WIDTH, FL_ORDERS)
FL_NETWORKS(dvec, lvec, FL_WIDTH64, FL_ORDERS64)

/* The larger and the smaller of each pair; b where either is NaN. */
FL_INLINE fvec fvec_max(fvec a, fvec b) { return fvec_select(a > b, a, b); }
FL_INLINE fvec fvec_min(fvec a, fvec b) { return fvec_select(a < b, a, b); }
FL_INLINE dvec dvec_max(dvec a, dvec b) { return dvec_select(a > b, a, b); }
FL_INLINE dvec dvec_min(dvec a, dvec b) { return dvec_select(a < b, a, b); }

#endif

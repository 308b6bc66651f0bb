/* Functions of each element of contiguous arrays, for what eager mode computes on large ones. */
#include "rows.h"

typedef struct {
    const float *x;
    float *y;
} map;

/* The loop's steps do not depend on each other, whether y is x or apart from it. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

#define MAP(NAME)                                                                                  \
    static void map_##NAME(void *context, int64_t begin, int64_t end)                              \
    {                                                                                              \
        const float *x = ((map *)context)->x;                                                      \
        float *y = ((map *)context)->y;                                                            \
        INDEPENDENT for (int64_t i = begin; i < end; i++)                                          \
            y[i] = fl_##NAME##f(x[i]);                                                             \
    }

/* Parts with larger numbers than fl_sinf and fl_cosf serve go to C's functions. */
#define MAP_TRIGONOMETRIC(NAME)                                                                    \
    MAP(NAME)                                                                                      \
    static void map_any_##NAME(void *context, int64_t begin, int64_t end)                          \
    {                                                                                              \
        const float *x = ((map *)context)->x;                                                      \
        float *y = ((map *)context)->y;                                                            \
        int far = 0;                                                                               \
        for (int64_t i = begin; i < end; i++)                                                      \
            far |= !(__builtin_fabsf(x[i]) <= FL_TRIGONOMETRY_LIMIT);                              \
        if (!far)                                                                                  \
            map_##NAME(context, begin, end);                                                       \
        else                                                                                       \
            for (int64_t i = begin; i < end; i++)                                                  \
                y[i] = __builtin_##NAME##f(x[i]);                                                  \
    }

MAP(exp)
MAP(exp2)
MAP(expm1)
MAP(log)
MAP(log2)
MAP(log10)
MAP(log1p)
MAP(tanh)
MAP(sigmoid)
MAP(erf)
MAP(silu)
MAP(gelu)
MAP(gelu_tanh)
MAP(log_sigmoid)
MAP(mish)
MAP_TRIGONOMETRIC(sin)
MAP_TRIGONOMETRIC(cos)

static const fl_body bodies[] = {
    map_exp, map_exp2, map_expm1, map_log, map_log2, map_log10, map_log1p, map_tanh, map_sigmoid,
    map_erf, map_silu, map_gelu, map_gelu_tanh, map_log_sigmoid, map_mish, map_any_sin, map_any_cos,
};

/* y = f(x) for n numbers; which: FL_MAP_EXP and so on. x and y are the same or apart. */
void fl_map(int64_t which, const float *x, float *y, int64_t n)
{
    map m = {x, y};
    fl_for(n, ROWS_GRAIN, bodies[which], &m);
}

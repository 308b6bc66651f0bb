/* Elementary functions against those of C in double precision. */
#include "checks.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double silu(double x) { return x * sigmoid(x); }
static double gelu(double x) { return 0.5 * x * (1 + erf(x * 0.7071067811865476)); }
static double gelu_tanh(double x) { return x * sigmoid(2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)); }
static double log_sigmoid(double x) { return x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x)); }
static double mish(double x) { return x * tanh(x > 30 ? x : log1p(exp(x))); }

/* ulps: the largest error, in units of the result's last place; from: as in the comments of vmath.h,
 * below it only a part of the number's own size counts. */
static const struct {
    const char *name;
    double (*f)(double);
    double ulps, from;
} functions[] = {
    [FL_MAP_EXP] = {"exp", exp, 1.1, -104}, [FL_MAP_EXP2] = {"exp2", exp2, 1.1, -150}, [FL_MAP_EXPM1] = {"expm1", expm1, 1.7, -104},
    [FL_MAP_LOG] = {"log", log, 1, -1}, [FL_MAP_LOG2] = {"log2", log2, 2, -1}, [FL_MAP_LOG10] = {"log10", log10, 2, -1},
    [FL_MAP_LOG1P] = {"log1p", log1p, 1.6, -1}, [FL_MAP_TANH] = {"tanh", tanh, 1.5, -100}, [FL_MAP_SIGMOID] = {"sigmoid", sigmoid, 2.6, -87},
    [FL_MAP_ERF] = {"erf", erf, 1.5, -100}, [FL_MAP_SILU] = {"silu", silu, 3.4, -87}, [FL_MAP_GELU] = {"gelu", gelu, 2.7, -1},
    [FL_MAP_GELU_TANH] = {"gelu_tanh", gelu_tanh, 3.3, -1}, [FL_MAP_LOG_SIGMOID] = {"log_sigmoid", log_sigmoid, 2.9, -87},
    [FL_MAP_MISH] = {"mish", mish, 4.7, -87}, [FL_MAP_SIN] = {"sin", sin, 1.7, -1e9}, [FL_MAP_COS] = {"cos", cos, 1.7, -1e9},
};

/* The distance between the floats next to x. */
static double ulp(double x) {
    float low = fabsf((float)x);
    if (isinf(low))
        return ldexp(1, 104);
    return fmax((double)(nextafterf(low, INFINITY) - low), 0x1p-149);
}

/* Numbers of all sizes, and the special ones. */
static float sample(int64_t i) {
    static const float special[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 1e-40f, -1e-40f, 0x1p-149f, 3.4e38f, -3.4e38f, 88.72f, 88.73f, -87.4f, -103.9f, -104.1f, 0.5f, 2, -2};
    if (i < (int64_t)(sizeof special / sizeof *special))
        return special[i];
    if (i % 3)
        return (float)(number() * (i % 2 ? 10 : 100));
    uint32_t bits = (uint32_t)(random_bits() >> 32);
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

static void check_map(int64_t which, int64_t n) {
    float *x = room(n), *y = room(n);
    for (int64_t i = 0; i < n; i++)
        x[i] = sample(i);
    fl_map(which, x, y, n);
    for (int64_t i = 0; i < n; i++) {
        double wanted = functions[which].f((double)x[i]);
        /* Beyond the range that the comment gives, a part of x itself; no promise for -infinity. */
        double scale = (double)x[i] < functions[which].from ? ulp((double)x[i]) + 0x1p-125 : ulp(wanted);
        int at_end = isinf(x[i]) && x[i] < 0 && (which == FL_MAP_SILU || which == FL_MAP_GELU || which == FL_MAP_GELU_TANH || which == FL_MAP_MISH);
        int holds = at_end || near((double)y[i], (double)(float)wanted, 0, 1) || (isfinite(wanted) && fabs((double)y[i] - wanted) <= functions[which].ulps * scale);
        expect(holds, "%s(%.9g) is %.9g, not %.9g", functions[which].name, (double)x[i], (double)y[i], wanted);
        if (!holds)
            break;
    }
    fl_map(which, x, x, n); /* in place */
    expect(!memcmp(x, y, (size_t)n * sizeof(float)) || n > 4, "%s in place", functions[which].name);
    for (int64_t i = 0; i < n; i++)
        if (!near((double)x[i], (double)y[i], 0, 1)) {
            expect(0, "%s in place", functions[which].name);
            break;
        }
    tidy();
}

void check_maps(void) {
    for (int64_t which = 0; which < (int64_t)(sizeof functions / sizeof *functions); which++) {
        for (int64_t n = 1; n < 35; n += 3)
            check_map(which, n);
        check_map(which, 20000);
    }
}

/* Checks of the functions along rows, of type T: F(f) is f's name for it, TOLERANCE what they may
 * be off. */

static T *F(numbers)(int64_t n) {
    T *x = memory((size_t)n * sizeof(T));
    for (int64_t i = 0; i < n; i++)
        x[i] = (T)(3 * number());
    return x;
}

static T *F(places)(int64_t n) { return memory((size_t)n * sizeof(T)); }

static double *F(wide)(const T *x, int64_t n) {
    double *y = room64(n);
    for (int64_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

static int F(same)(const T *got, const double *wanted, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!near((double)got[i], wanted[i], TOLERANCE, 1)) {
            printf("  at %lld: %.9g, not %.9g\n", (long long)i, (double)got[i], wanted[i]);
            return 0;
        }
    return 1;
}

/* ---- softmax and reductions along the middle of (outer, n, inner) ---- */

static void F(check_softmax)(int64_t outer, int64_t n, int64_t inner) {
    int64_t size = outer * n * inner, few = outer * inner;
    T *x = F(numbers)(size), *g = F(numbers)(size), *y = F(places)(size), *gx = F(places)(size), *z = F(places)(few);
    double *softmax = room64(size), *logs = room64(size), *sums = room64(few), *back = room64(size), *back_log = room64(size);
    for (int64_t c = 0; c < few; c++) {
        int64_t at = c / inner * n * inner + c % inner;
        double total = 0, with_softmax = 0, alone = 0;
        for (int64_t k = 0; k < n; k++)
            total += exp((double)x[at + k * inner]);
        sums[c] = log(total);
        for (int64_t k = 0, i = at; k < n; k++, i += inner) {
            softmax[i] = exp((double)x[i]) / total;
            logs[i] = (double)x[i] - sums[c];
            with_softmax += (double)g[i] * softmax[i];
            alone += (double)g[i];
        }
        for (int64_t k = 0, i = at; k < n; k++, i += inner) {
            back[i] = softmax[i] * ((double)g[i] - with_softmax);
            back_log[i] = (double)g[i] - softmax[i] * alone;
        }
    }
    expect(F(fl_softmax)(x, y, outer, n, inner) && F(same)(y, softmax, size), "softmax " SHAPE, SHAPE_OF);
    F(fl_softmax_gradient)(g, y, gx, outer, n, inner);
    expect(F(same)(gx, back, size), "softmax's gradient " SHAPE, SHAPE_OF);
    expect(F(fl_log_softmax)(x, y, outer, n, inner) && F(same)(y, logs, size), "log_softmax " SHAPE, SHAPE_OF);
    F(fl_log_softmax_gradient)(g, y, gx, outer, n, inner);
    expect(F(same)(gx, back_log, size), "log_softmax's gradient " SHAPE, SHAPE_OF);
    expect(F(fl_logsumexp)(x, z, outer, n, inner) && F(same)(z, sums, few), "logsumexp " SHAPE, SHAPE_OF);
    tidy();
}

static void F(check_reductions)(int64_t outer, int64_t n, int64_t inner) {
    int64_t size = outer * n * inner, few = outer * inner;
    T *x = F(numbers)(size), *y = F(places)(2 * few);
    double *sums = room64(few), *both = room64(2 * few), *tops = room64(2 * few);
    if (size > 9)
        x[size / 2] = NAN;
    for (int64_t c = 0; c < few; c++) {
        const T *v = x + c / inner * n * inner + c % inner;
        double *mean = both + c / inner * 2 * inner + c % inner, *top = tops + c / inner * 2 * inner + c % inner;
        sums[c] = mean[inner] = 0;
        top[0] = (double)v[0], top[inner] = 0;
        for (int64_t k = 0; k < n; k++) {
            double next = (double)v[k * inner];
            sums[c] += next;
            if (next > top[0] || (next != next && top[0] == top[0]))
                top[0] = next, top[inner] = (double)k;
        }
        mean[0] = sums[c] / (double)n;
        for (int64_t k = 0; k < n; k++)
            mean[inner] += ((double)v[k * inner] - mean[0]) * ((double)v[k * inner] - mean[0]) / (double)n;
        sums[c] /= 7;
    }
    expect(F(fl_sum)(x, y, outer, n, inner, 7) && F(same)(y, sums, few), "sum " SHAPE, SHAPE_OF);
    expect(F(fl_variance)(x, y, outer, n, inner, (double)n) && F(same)(y, both, 2 * few), "variance " SHAPE, SHAPE_OF);
    expect(F(fl_extreme)(x, y, outer, n, inner, 1) && F(same)(y, tops, 2 * few), "extreme " SHAPE, SHAPE_OF);
    tidy();
}

/* ---- norms ---- */

/* (batch, channels, length): standardised over rows, batches or groups of channels. */
typedef struct {
    int64_t n, channels, length, groups;
    double *x, *weight, *bias, *g, *y;
    double mean, rstd;
    int kind; /* of layer_norm, rms_norm, batch_norm, group_norm */
} F(norm);

enum { F(LAYER), F(RMS), F(BATCH), F(GROUP) };
#define EPS 1e-3

/* Which statistics the element i takes part in. */
static int64_t F(set_of)(const F(norm) *p, int64_t i) {
    int64_t c = i / p->length % p->channels, row = i / p->length / p->channels;
    if (p->kind == F(BATCH))
        return c;
    return p->kind == F(GROUP) ? row * p->groups + c / (p->channels / p->groups) : i / p->length;
}

/* sum of g y, y by definition. */
static double F(norm_loss)(void *context) {
    F(norm) *p = context;
    int64_t size = p->n * p->channels * p->length, per_element = p->kind <= F(RMS);
    static double sum[4096], square[4096], count[4096];
    memset(sum, 0, sizeof sum), memset(square, 0, sizeof square), memset(count, 0, sizeof count);
    for (int64_t i = 0; i < size; i++)
        sum[F(set_of)(p, i)] += p->kind == F(RMS) ? 0 : p->x[i], count[F(set_of)(p, i)]++;
    for (int64_t i = 0; i < size; i++) {
        int64_t k = F(set_of)(p, i);
        double from_mean = p->x[i] - sum[k] / count[k];
        square[k] += from_mean * from_mean;
    }
    double loss = 0;
    for (int64_t i = 0; i < size; i++) {
        int64_t k = F(set_of)(p, i), c = per_element ? i % p->length : i / p->length % p->channels;
        p->rstd = 1 / sqrt(square[k] / count[k] + EPS), p->mean = sum[k] / count[k];
        p->y[i] = (p->x[i] - p->mean) * p->rstd * p->weight[c] + p->bias[c];
        loss += p->g[i] * p->y[i];
    }
    return loss;
}

static void F(check_norm)(int kind, int64_t n, int64_t channels, int64_t length, int64_t groups) {
    int64_t size = n * channels * length, few = kind <= F(RMS) ? length : channels, sets = n * channels;
    T *x = F(numbers)(size), *w = F(numbers)(few), *b = F(numbers)(few), *g = F(numbers)(size), *y = F(places)(size);
    T *mean = F(places)(sets), *rstd = F(places)(sets), *variance = F(places)(sets), *gx = F(places)(size), *gw = F(places)(few), *gb = F(places)(few);
    F(norm) p = {n, channels, length, groups, F(wide)(x, size), F(wide)(w, few), F(wide)(b, few), F(wide)(g, size), room64(size), 0, 0, kind};
    memset(gb, 0, (size_t)few * sizeof(T));
    if (kind == F(RMS))
        memset(p.bias, 0, (size_t)few * sizeof(double));
    F(norm_loss)(&p);
    switch (kind) {
    case F(LAYER):
        F(fl_layer_norm)(x, w, b, y, mean, rstd, n * channels, length, EPS);
        F(fl_layer_norm_gradient)(g, x, w, mean, rstd, gx, gw, gb, n * channels, length);
        break;
    case F(RMS):
        F(fl_rms_norm)(x, w, y, rstd, n * channels, length, EPS);
        F(fl_rms_norm_gradient)(g, x, w, rstd, gx, gw, n * channels, length);
        break;
    case F(BATCH):
        F(fl_batch_norm)(x, w, b, y, mean, rstd, variance, n, channels, length, EPS);
        F(fl_batch_norm_gradient)(g, x, w, mean, rstd, gx, gw, gb, n, channels, length);
        break;
    default:
        F(fl_group_norm)(x, w, b, y, mean, rstd, n, channels, length, groups, EPS);
        F(fl_group_norm_gradient)(g, x, w, mean, rstd, gx, gw, gb, n, channels, length, groups);
    }
    expect(F(same)(y, p.y, size), "norm %d of %lld x %lld x %lld", kind, (long long)n, (long long)channels, (long long)length);
    const char *text = "norm %d's gradient by %s of %lld x %lld x %lld";
    double tolerance = 20 * TOLERANCE + 1e-7;
    expect(is_gradient(F(norm_loss), &p, p.x, F(wide)(gx, size), size, tolerance), text, kind, "x", (long long)n, (long long)channels, (long long)length);
    expect(is_gradient(F(norm_loss), &p, p.weight, F(wide)(gw, few), few, tolerance), text, kind, "the weight", (long long)n, (long long)channels, (long long)length);
    if (kind != F(RMS))
        expect(is_gradient(F(norm_loss), &p, p.bias, F(wide)(gb, few), few, tolerance), text, kind, "the bias", (long long)n, (long long)channels, (long long)length);
    tidy();
}

/* ---- all ---- */

static void F(check_all)(void) {
    static const int64_t shapes[][3] = {
        {1, 1, 1}, {37, 5, 1}, {70, 16, 1}, {9, 33, 1}, {3, 700, 1}, {2, 9, 7}, {2, 30, 40}, {1, 300, 65}, {3, 5, 1030}, {1, 5000, 1}, {40, 2, 1},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        F(check_softmax)(shapes[i][0], shapes[i][1], shapes[i][2]);
        F(check_reductions)(shapes[i][0], shapes[i][1], shapes[i][2]);
    }
    F(check_reductions)(1, 150000, 1);
    for (int i = 0; i < 12; i++) {
        F(check_softmax)(between(1, 20), between(1, 40), between(1, 40));
        F(check_reductions)(between(1, 20), between(1, 40), between(1, 40));
        F(check_norm)(F(LAYER), between(1, 9), between(1, 9), between(2, 70), 1);
        F(check_norm)(F(RMS), between(1, 9), between(1, 9), between(2, 70), 1);
        F(check_norm)(F(BATCH), between(2, 9), between(1, 9), between(2, 70), 1);
        F(check_norm)(F(BATCH), between(3, 20), between(1, 70), 1, 1);
        F(check_norm)(F(GROUP), between(1, 5), 12, between(2, 40), i % 2 ? 3 : 4);
    }
}
#undef EPS

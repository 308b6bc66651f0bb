/* Gathers, folds, extremes and losses of class numbers. */
#include "checks.h"

static void check_gathers(int64_t count, int64_t rows, int64_t width) {
    float *table = floats(rows * width), *out = room(count * width), *g = floats(count * width), *gx = room(rows * width);
    int64_t *index = integers(count, 0, rows - 1), wrong = 0;
    double *wanted = room64(rows * width);
    fl_places places = {2, rows, width, 0, -1, {count, width}, {1, 0}, {0, 1}, {width, 1}};
    wrong = fl_take(&places, table, index, out, 2);
    for (int64_t i = 0; i < count * width; i++)
        wrong |= out[i] != table[index[i / width] * width + i % width];
    expect(!wrong, "rows of a table");
    memset(wanted, 0, (size_t)(rows * width) * sizeof(double));
    memset(gx, 0, (size_t)(rows * width) * sizeof(float));
    for (int64_t i = 0; i < count * width; i++)
        if (index[i / width])
            wanted[index[i / width] * width + i % width] += (double)g[i];
    places.skipped = 0;
    wrong = fl_combine_f32(&places, gx, index, g, FL_ADD);
    expect(!wrong && all_near(gx, wanted, rows * width, 1e-5), "the gradient of a table");
    index[count / 2] = rows;
    expect(fl_take(&places, table, index, out, 2) == count / 2 + 1, "a number out of range is told");
    tidy();
}

static void check_folds(int64_t n) {
    float *x = floats(n);
    double *wide = widened(x, n), sum = 0, top = -INFINITY, least = INFINITY;
    for (int64_t i = 0; i < n; i++) {
        sum += wide[i];
        top = fmax(top, wide[i]), least = fmin(least, wide[i]);
    }
    expect(near(fl_fold_sum_f32(x, n), sum, 1e-6, 10) && near(fl_fold_sum_f64(wide, n), sum, 1e-14, 10), "sum of %lld", (long long)n);
    expect((double)fl_fold_max_f32(x, n) == top && fl_fold_max_f64(wide, n) == top, "largest of %lld", (long long)n);
    expect((double)fl_fold_min_f32(x, n) == least && fl_fold_min_f64(wide, n) == least, "smallest of %lld", (long long)n);
    if (n) {
        x[n - 1] = NAN;
        wide[n / 2] = NAN;
        expect(isnan(fl_fold_max_f32(x, n)) && isnan(fl_fold_min_f64(wide, n)), "NaN among %lld", (long long)n);
    }
    tidy();
}

static void check_extremes(int64_t outer, int64_t n, int64_t inner) {
    float *x = floats(outer * n * inner), *values = room(outer * inner);
    int64_t *places = integers(outer * inner, -1, -1), right = 1;
    fl_extreme_places(x, values, places, outer, n, inner, 0);
    for (int64_t i = 0; i < outer * inner; i++) {
        const float *row = x + i / inner * n * inner + i % inner;
        right &= places[i] >= 0 && places[i] < n && row[places[i] * inner] == values[i];
        for (int64_t k = 0; k < n; k++)
            right &= row[k * inner] > values[i] || (row[k * inner] == values[i] && k >= places[i]);
    }
    expect((int)right, "smallest numbers and where they are");
    tidy();
}

/* ---- losses ---- */

typedef struct {
    int64_t n, classes;
    const int64_t *target;
    const float *weight; /* or NULL */
    double *x;
    int from_scores; /* x is what softmax is taken of, else logarithms of probabilities */
} losses;

/* The weighted mean of minus the logarithms at the targets, the rows with target -100 left out. */
static double loss_of(void *context) {
    const losses *l = context;
    double loss = 0, count = 0;
    for (int64_t i = 0; i < l->n; i++) {
        double total = 0;
        const double *x = l->x + i * l->classes;
        if (l->target[i] == -100)
            continue;
        for (int64_t j = 0; j < l->classes; j++)
            total += exp(x[j]);
        double weight = l->weight ? (double)l->weight[l->target[i]] : 1;
        loss += weight * ((l->from_scores ? log(total) : 0) - x[l->target[i]]);
        count += weight;
    }
    return loss / count;
}

static void check_losses(int64_t n, int64_t classes, int weighted) {
    int64_t size = n * classes;
    float *x = floats(size), *each = room(n), *exps = room(size), *sums = room(n), *share = room(n), *gx = room(size);
    float *weight = weighted ? floats(classes) : NULL, result, total, one = 1;
    int64_t *target = integers(n, 0, classes - 1), *places = integers(n, 0, 0);
    for (int64_t i = 0; weighted && i < classes; i++)
        weight[i] += 1.5f;
    if (n > 2)
        target[1] = -100;
    losses l = {n, classes, target, weight, widened(x, size), 1};
    int64_t bad = fl_cross_entropy(n, classes, x, classes, target, weight, -100, FL_MEAN, each, &result, exps, sums, places, share);
    fl_cross_entropy_gradient(n, classes, &one, 0, weighted, exps, sums, places, share, gx);
    expect(!bad && near((double)result, loss_of(&l), 2e-6, 1), "cross entropy of %lld x %lld", (long long)n, (long long)classes);
    expect(is_gradient(loss_of, &l, l.x, widened(gx, size), size, 1e-5), "cross entropy's gradient");
    l.from_scores = 0;
    bad = fl_nll_loss_f32(x, target, weight, &result, &total, n, classes, 1, -100, FL_MEAN);
    fl_nll_loss_gradient_f32(&one, target, weight, &total, gx, n, classes, 1, -100, FL_MEAN);
    expect(!bad && near((double)result, loss_of(&l), 2e-6, 1), "loss of classes of %lld x %lld", (long long)n, (long long)classes);
    expect(is_gradient(loss_of, &l, l.x, widened(gx, size), size, 1e-5), "its gradient");
    target[0] = classes;
    expect(fl_nll_loss_f32(x, target, weight, &result, &total, n, classes, 1, -100, FL_MEAN) == 1, "a target that is no class");
    tidy();
}

void check_tables(void) {
    for (int i = 0; i < 12; i++) {
        check_gathers(between(1, 60), between(1, 20), between(1, 70));
        check_extremes(between(1, 9), between(1, 40), between(1, 9));
        check_losses(between(1, 40), between(1, 40), i % 2);
    }
    check_gathers(300, 50, 100);
    check_losses(100, 300, 0);
    for (int64_t n = 0; n < 40; n++)
        check_folds(n);
    check_folds(5000);
}

/* Recurrent layers against one step after the other in double precision. */
#include "checks.h"

enum { LSTM, GRU, TANH, RELU };
static const char *const names[] = {"LSTM", "GRU", "tanh layer", "relu layer"};

/* A layer over packed sequences; what follows `bias_hh` weighs its results in the loss. */
typedef struct {
    int kind;
    int64_t steps, features, hidden, gates, rows, batch, reverse;
    const int64_t *sizes;
    double *x, *weight_ih, *weight_hh, *bias_ih, *bias_hh, *h0, *c0;
    double *go, *gh, *gc;
    double *output, *h, *c;
} layer;

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* A gate's sum of the input's part, or of the state's. */
static double part(const layer *l, int64_t gate, int64_t j, const double *v, int64_t n, const double *weight, const double *bias) {
    int64_t row = gate * l->hidden + j;
    return bias[row] + dot(weight + row * n, v, n);
}

static void step(const layer *l, const double *x, double *h, double *c) {
    double before[64], sums[2][4];
    memcpy(before, h, (size_t)l->hidden * sizeof(double));
    for (int64_t j = 0; j < l->hidden; j++) {
        for (int64_t g = 0; g < l->gates; g++) {
            sums[0][g] = part(l, g, j, x, l->features, l->weight_ih, l->bias_ih);
            sums[1][g] = part(l, g, j, before, l->hidden, l->weight_hh, l->bias_hh);
        }
#define SUM(g) (sums[0][g] + sums[1][g])
        if (l->kind == LSTM) {
            c[j] = sigmoid(SUM(1)) * c[j] + sigmoid(SUM(0)) * tanh(SUM(2));
            h[j] = sigmoid(SUM(3)) * tanh(c[j]);
        } else if (l->kind == GRU) {
            double z = sigmoid(SUM(1)), n = tanh(sums[0][2] + sigmoid(SUM(0)) * sums[1][2]);
            h[j] = (1 - z) * n + z * before[j];
        } else
            h[j] = l->kind == TANH ? tanh(SUM(0)) : fmax(SUM(0), 0);
    }
}

static double loss(void *context) {
    const layer *l = context;
    int64_t n = l->hidden, first[32] = {0}, states = l->batch * n;
    for (int64_t t = 1; t < l->steps; t++)
        first[t] = first[t - 1] + l->sizes[t - 1];
    memcpy(l->h, l->h0, (size_t)states * sizeof(double));
    memcpy(l->c, l->c0, (size_t)states * sizeof(double));
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t t = l->reverse ? l->steps - 1 - i : i;
        for (int64_t r = 0; r < l->sizes[t]; r++) {
            step(l, l->x + (first[t] + r) * l->features, l->h + r * n, l->c + r * n);
            memcpy(l->output + (first[t] + r) * n, l->h + r * n, (size_t)n * sizeof(double));
        }
    }
    double sum = dot(l->go, l->output, l->rows * n) + dot(l->gh, l->h, states);
    return l->kind == LSTM ? sum + dot(l->gc, l->c, states) : sum;
}

static void check_layer(int kind, int64_t steps, int64_t batch, int64_t features, int64_t hidden, int64_t reverse, int packed) {
    int64_t gates = kind == LSTM ? 4 : kind == GRU ? 3 : 1, *sizes = integers(steps, batch, batch), rows = 0;
    for (int64_t t = 0; t < steps; t++) {
        sizes[t] = packed ? between(1, t ? sizes[t - 1] : batch) : batch;
        sizes[0] = batch;
        rows += sizes[t];
    }
    int64_t n = hidden, nx = rows * features, ny = rows * n, ns = batch * n, wi = gates * n * features, wh = gates * n * n, nb = gates * n;
    float *x = floats(nx), *weight_ih = floats(wi), *weight_hh = floats(wh), *bias_ih = floats(nb), *bias_hh = floats(nb), *h0 = floats(ns), *c0 = floats(ns);
    float *go = floats(ny), *gh = floats(ns), *gc = floats(ns), *h = copied(h0, ns), *c = copied(c0, ns);
    float *values = room(4 * ny), *before = room(ny), *kept = room(ny), *output = room(ny), *slopes = room(4 * ny);
    float *gx = room(nx), *gwi = room(wi), *gwh = room(wh), *gbi = room(nb), *gbh = room(nb);
    for (int64_t i = 0; i < wh; i++)
        weight_hh[i] *= 2 / sqrtf((float)n);
    layer l = {
        kind, steps, features, n, gates, rows, batch, reverse, sizes, widened(x, nx), widened(weight_ih, wi), widened(weight_hh, wh),
        widened(bias_ih, nb), widened(bias_hh, nb), widened(h0, ns), widened(c0, ns), widened(go, ny), widened(gh, ns), widened(gc, ns),
        room64(ny), room64(ns), room64(ns),
    };
    int done;
    if (kind == LSTM) {
        done = fl_lstm(steps, sizes, reverse, features, n, x, weight_ih, weight_hh, bias_ih, bias_hh, values, before, kept, output, h, c);
        done &= fl_lstm_gradient(steps, sizes, reverse, features, n, go, x, h0, weight_ih, weight_hh, output, values, before, kept, slopes, gx, gh, gc, gwi, gwh, gbi);
    } else if (kind == GRU) {
        done = fl_gru(steps, sizes, reverse, features, n, x, weight_ih, weight_hh, bias_ih, bias_hh, values, before, kept, output, h);
        done &= fl_gru_gradient(steps, sizes, reverse, features, n, go, x, weight_ih, weight_hh, values, before, kept, slopes, gx, gh, gwi, gwh, gbi, gbh);
    } else {
        done = fl_rnn(steps, sizes, reverse, kind == RELU, features, n, x, weight_ih, weight_hh, bias_ih, bias_hh, output, h);
        done &= fl_rnn_gradient(steps, sizes, reverse, kind == RELU, features, n, go, x, h0, weight_ih, weight_hh, output, slopes, gx, gh, gwi, gwh, gbi);
    }
    char name[100];
    snprintf(name, sizeof name, "%s of %lld steps, %lld sequences, %lld features, %lld hidden", names[kind], (long long)steps, (long long)batch, (long long)features, (long long)n);
    loss(&l);
    expect(done && all_near(output, l.output, ny, 1e-5) && all_near(h, l.h, ns, 1e-5), "%s", name);
    expect(kind != LSTM || all_near(c, l.c, ns, 1e-5), "%s: the cell", name);
    expect(is_gradient(loss, &l, l.x, widened(gx, nx), nx, 1e-4), "%s: the input's gradient", name);
    expect(is_gradient(loss, &l, l.weight_ih, widened(gwi, wi), wi, 1e-4), "%s: the input weight's gradient", name);
    expect(is_gradient(loss, &l, l.weight_hh, widened(gwh, wh), wh, 1e-4), "%s: the recurrent weight's gradient", name);
    expect(is_gradient(loss, &l, l.bias_ih, widened(gbi, nb), nb, 1e-4), "%s: the bias's gradient", name);
    expect(kind != GRU || is_gradient(loss, &l, l.bias_hh, widened(gbh, nb), nb, 1e-4), "%s: the other bias's gradient", name);
    expect(is_gradient(loss, &l, l.h0, widened(gh, ns), ns, 1e-4), "%s: the first state's gradient", name);
    expect(kind != LSTM || is_gradient(loss, &l, l.c0, widened(gc, ns), ns, 1e-4), "%s: the first cell's gradient", name);
    tidy();
}

void check_recurrent(void) {
    for (int kind = LSTM; kind <= RELU; kind++) {
        for (int i = 0; i < 5; i++)
            check_layer(kind, between(1, 5), between(1, 6), between(1, 12), between(1, 20), i % 2, i > 2);
        check_layer(kind, 3, 14, 9, 17, 0, 0);
    }
}

/* Running sums, products and extremes along a dimension of contiguous arrays (outer, n, inner). */
#include "rows.h"

enum { LINES = 8 }; /* that are worked on together: one alone would wait for its own sums */

typedef struct {
    const void *x;
    void *y;
    int64_t *places;
    int64_t n, inner, reverse, largest;
} scan;

/* How many lines from one on, before end, lie evenly spaced: neighbours, or whole rows. */
FL_INLINE int64_t scan_lines(const scan *s, int64_t line, int64_t end)
{
    int64_t left = s->inner == 1 ? end - line : fl_smaller(end - line, s->inner - line % s->inner);
    return left < LINES ? 1 : LINES;
}

/* A line's first element. */
FL_INLINE int64_t scan_start(const scan *s, int64_t line)
{
    return line / s->inner * s->n * s->inner + line % s->inner;
}

#define T float
#define S double
#define F(name) name##_f32
#define IS_NAN(x) ((x) != (x))
#include "scans_template.h"
#define T double
#define S double
#define F(name) name##_f64
#define IS_NAN(x) ((x) != (x))
#include "scans_template.h"
#define T int64_t
#define S uint64_t
#define F(name) name##_i64
#define IS_NAN(x) 0
#include "scans_template.h"

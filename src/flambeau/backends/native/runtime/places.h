/* The walk over index numbers that taking, writing and combining share; see fl.h. */
#ifndef FL_PLACES_H
#define FL_PLACES_H
#include "rows.h"

typedef struct job job;

/* Works along the last two axes from a place on; 1 where it met an index out of range. */
typedef int (*row)(const job *j, char *table, const int64_t *index, char *values);

struct job {
    fl_places p; /* the strides of all axes but the last in bytes */
    char *table, *values;
    const int64_t *index;
    int64_t first, last; /* of the table, the numbers that this thread writes */
    int64_t all;         /* whether it writes all that come */
    int64_t axis;        /* the axis that threads share; -1: they share the table's numbers */
    int64_t table_item, values_item, how;
    row row;
    int *wrong;
};

/* An index number as counted from the front. */
FL_INLINE int64_t counted(const job *j, int64_t i)
{
    return i + ((i >> 63) & j->p.wraps);
}

FL_INLINE int in_range(const job *j, int64_t i)
{
    return (uint64_t)i < (uint64_t)j->p.n;
}

/* Whether a number, counted from the front, is this thread's. */
FL_INLINE int is_own(const job *j, int64_t i)
{
    return j->all || (i >= j->first && i < j->last && i != j->p.skipped);
}

/* A loop over the axis before the last: `ONE` works along the last. */
#define FL_ROWS(NAME, ONE)                                                                         \
    static int NAME(const job *j, char *table, const int64_t *index, char *values)                 \
    {                                                                                              \
        const int64_t a = j->p.axes - 2, rows = j->p.size[a];                                      \
        const int64_t it = j->p.table[a], ii = j->p.index[a], iv = j->p.values[a];                 \
        int wrong = 0;                                                                             \
        for (int64_t r = 0; r < rows; r++, table += it, index += ii, values += iv)                 \
            wrong |= ONE(j, table, index, values);                                                 \
        return wrong;                                                                              \
    }

/* All rows in order. */
static FL_APART int walk(const job *j)
{
    const fl_places *p = &j->p;
    char *table = j->table, *values = j->values;
    const int64_t *index = j->index;
    int64_t at[FL_AXES] = {0}, axis;
    int wrong = 0;
    do {
        wrong |= j->row(j, table, index, values);
        for (axis = p->axes - 3; axis >= 0; axis--) {
            table += p->table[axis];
            values += p->values[axis];
            index += p->index[axis];
            if (++at[axis] < p->size[axis])
                break;
            table -= p->table[axis] * p->size[axis];
            values -= p->values[axis] * p->size[axis];
            index -= p->index[axis] * p->size[axis];
            at[axis] = 0;
        }
    } while (axis >= 0);
    return wrong;
}

static FL_APART void part(void *context, int64_t begin, int64_t end)
{
    job j = *(const job *)context;
    int64_t a = j.axis, last = a == j.p.axes - 1;
    if (a < 0) {
        j.first = begin;
        j.last = end;
        j.all = 0;
    } else {
        j.p.size[a] = end - begin;
        j.table += begin * j.p.table[a] * (last ? j.table_item : 1);
        j.values += begin * j.p.values[a] * (last ? j.values_item : 1);
        j.index += begin * j.p.index[a];
    }
    if (walk(&j))
        __atomic_store_n(j.wrong, 1, __ATOMIC_RELAXED);
}

/* The axis that threads can share: one along which each of them writes places of its own. The
 * outermost that is long enough, or else the longest; -1 where there is none. */
static FL_APART int64_t shared_axis(const fl_places *p, int64_t threads, int reading)
{
    int64_t found = -1;
    for (int64_t a = 0; a < p->axes; a++)
        if ((reading || p->table[a]) && (found < 0 || p->size[a] > p->size[found])) {
            found = a;
            if (p->size[a] >= 4 * threads)
                break;
        }
    return found >= 0 && p->size[found] >= threads ? found : -1;
}

/* Runs a job on all threads where it is large. Of the elements that go to one place the order
 * stays: each place is one thread's. */
static FL_APART int run(job *j, int reading)
{
    fl_places *p = &j->p;
    int64_t total = 1, threads = fl_threads_here();
    int wrong = 0;
    for (int64_t a = 0; a < p->axes; a++)
        total *= p->size[a];
    if (!total)
        return 0;
    j->wrong = &wrong;
    j->first = 0;
    j->last = p->n;
    j->all = p->skipped < 0;
    j->axis = shared_axis(p, threads, reading);
    for (int64_t a = 0; a < p->axes - 1; a++) {
        p->table[a] *= j->table_item;
        p->values[a] *= j->values_item;
    }
    if (threads == 1 || total < 2 * ROWS_GRAIN || (j->axis < 0 && reading))
        return walk(j);
    int64_t n = j->axis < 0 ? p->n : p->size[j->axis];
    int64_t grain = j->axis ? (n + threads - 1) / threads : n * ROWS_GRAIN / total;
    fl_for(n, grain ? grain : 1, part, j);
    return wrong;
}

/* 1 + the number, among all indices, of the first that is out of range; 0 where none is. */
static FL_APART int64_t first_wrong(const fl_places *p, const int64_t *index)
{
    int64_t total = 1;
    for (int64_t a = 0; a < p->axes; a++)
        total *= p->index[a] ? p->size[a] : 1;
    for (int64_t t = 0; t < total; t++) {
        int64_t at = 0, rest = t;
        for (int64_t a = p->axes - 1; a >= 0; a--)
            if (p->index[a]) {
                at += rest % p->size[a] * p->index[a];
                rest /= p->size[a];
            }
        int64_t i = index[at];
        if (i < -p->wraps || i >= p->n)
            return t + 1;
    }
    return 0;
}

/* Unsigned, an index is less than the span from the lowest one allowed to n. */
FL_INLINE int check_one(const job *j, char *table, const int64_t *index, char *values)
{
    (void)table, (void)values;
    const int64_t count = j->p.size[j->p.axes - 1], stride = j->p.index[j->p.axes - 1];
    const uint64_t low = (uint64_t)j->p.wraps, span = low + (uint64_t)j->p.n;
    int wrong = 0;
    if (stride == 1)
        for (int64_t k = 0; k < count; k++)
            wrong |= (uint64_t)index[k] + low >= span;
    else
        for (int64_t k = 0; k < count; k++)
            wrong |= (uint64_t)index[k * stride] + low >= span;
    return wrong;
}

FL_ROWS(check_row, check_one)

/* Looks at all indices, each once, before anything is written. */
static FL_APART int64_t check(const fl_places *p, const int64_t *index)
{
    job j = {*p, .index = index, .row = check_row};
    int64_t total = 1;
    for (int64_t a = 0; a < p->axes; a++) {
        total *= p->size[a];
        if (!p->index[a])
            j.p.size[a] = 1;
        j.p.table[a] = j.p.values[a] = 0;
    }
    return total && run(&j, 1) ? first_wrong(p, index) : 0;
}

#endif

/* Elements at index numbers, taken from a table. */
#include "places.h"

/* Rows that lie contiguous on both sides. */
static int take_neighbours(const job *j, char *table, const int64_t *index, char *values)
{
    const int64_t a = j->p.axes - 2, rows = j->p.size[a], bytes = j->p.size[a + 1] * j->table_item;
    const int64_t it = j->p.table[a], ii = j->p.index[a], iv = j->p.values[a];
    const int64_t n = j->p.n, step = j->p.step * j->table_item;
    int wrong = 0;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t i = counted(j, index[r * ii]);
        if ((uint64_t)i < (uint64_t)n)
            memcpy(values + r * iv, table + r * it + i * step, (size_t)bytes);
        else
            wrong = 1;
    }
    return wrong;
}

/* Elements of a size along one axis. */
#define TAKE(U)                                                                                    \
    FL_INLINE int take_one_##U(const job *j, char *table, const int64_t *index, char *values)      \
    {                                                                                              \
        const int64_t a = j->p.axes - 1, count = j->p.size[a], n = j->p.n, step = j->p.step;       \
        const int64_t is = j->p.index[a], ts = j->p.table[a], vs = j->p.values[a];                 \
        const U *x = (const U *)table;                                                             \
        U *y = (U *)values;                                                                        \
        int wrong = 0;                                                                             \
        if (is == 1 && vs == 1 && !j->p.wraps)                                                     \
            for (int64_t k = 0; k < count; k++, x += ts) {                                         \
                const int64_t i = index[k];                                                        \
                if ((uint64_t)i < (uint64_t)n)                                                     \
                    y[k] = x[i * step];                                                            \
                else                                                                               \
                    wrong = 1;                                                                     \
            }                                                                                      \
        else                                                                                       \
            for (int64_t k = 0; k < count; k++) {                                                  \
                const int64_t i = counted(j, index[k * is]);                                       \
                if (in_range(j, i))                                                                \
                    y[k * vs] = x[k * ts + i * step];                                              \
                else                                                                               \
                    wrong = 1;                                                                     \
            }                                                                                      \
        return wrong;                                                                              \
    }                                                                                              \
    FL_ROWS(take_##U, take_one_##U)

TAKE(uint8_t)
TAKE(uint16_t)
TAKE(uint32_t)
TAKE(uint64_t)

static const row takes[] = {take_uint8_t, take_uint16_t, take_uint32_t, take_uint64_t};

/* values = the table's elements at the indices; they have 1 << size bytes. */
int64_t fl_take(const fl_places *places, const void *table, const int64_t *index, void *values, int64_t size)
{
    const int64_t a = places->axes - 1;
    const int rows = !places->index[a] && places->table[a] == 1 && places->values[a] == 1;
    job j = {*places, (char *)table, values, index, .row = rows ? take_neighbours : takes[size]};
    j.table_item = j.values_item = 1 << size;
    return run(&j, 1) ? first_wrong(places, index) : 0;
}

FL_INLINE int offsets(const job *j, const int64_t *index, char *values, int more)
{
    const int64_t a = j->p.axes - 1, is = j->p.index[a], vs = j->p.values[a];
    int64_t *y = (int64_t *)values;
    int wrong = 0;
    for (int64_t k = 0; k < j->p.size[a]; k++) {
        const int64_t i = counted(j, index[k * is]);
        wrong |= !in_range(j, i);
        y[k * vs] = i * j->p.step + (more ? y[k * vs] : 0);
    }
    return wrong;
}

#define FIRST(j, table, index, values) offsets(j, index, values, 0)
#define MORE(j, table, index, values) offsets(j, index, values, 1)
FL_ROWS(first_offsets, FIRST)
FL_ROWS(more_offsets, MORE)

/* values = (more ? values : 0) + step * the indices, counted from the front: the places that several
 * index arrays name together. */
int64_t fl_index_offsets(const fl_places *places, const int64_t *index, int64_t *values, int64_t more)
{
    job j = {*places, NULL, (char *)values, index, .row = more ? more_offsets : first_offsets};
    j.values_item = sizeof(int64_t);
    return run(&j, 1) ? first_wrong(places, index) : 0;
}

/* A ring buffer of bytes for one writer and one reader. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint8_t *bytes;
    size_t   capacity;  /* a power of two */
    size_t   begin;     /* bytes ever read */
    size_t   end;       /* bytes ever written; begin <= end <= begin + capacity */
} ring_buffer;

static bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* Returns false when the capacity is not a power of two, or memory is short. */
bool ring_buffer_init(ring_buffer *ring, size_t capacity)
{
    if (!is_power_of_two(capacity)) {
        return false;
    }
    ring->bytes = malloc(capacity);
    if (ring->bytes == NULL) {
        return false;
    }
    ring->capacity = capacity;
    ring->begin = 0;
    ring->end = 0;
    return true;
}

void ring_buffer_free(ring_buffer *ring)
{
    free(ring->bytes);
    ring->bytes = NULL;
    ring->capacity = 0;
}

size_t ring_buffer_used(const ring_buffer *ring)
{
    return ring->end - ring->begin;
}

size_t ring_buffer_room(const ring_buffer *ring)
{
    return ring->capacity - ring_buffer_used(ring);
}

/* Copies at most `count` bytes in, and returns how many. */
size_t ring_buffer_write(ring_buffer *ring, const uint8_t *source, size_t count)
{
    size_t room = ring_buffer_room(ring);
    if (count > room) {
        count = room;
    }
    size_t offset = ring->end & (ring->capacity - 1);
    size_t first = ring->capacity - offset;
    if (first > count) {
        first = count;
    }
    memcpy(ring->bytes + offset, source, first);
    memcpy(ring->bytes, source + first, count - first);
    ring->end += count;
    return count;
}

/* Copies at most `count` bytes out without taking them, and returns how many. */
size_t ring_buffer_peek(const ring_buffer *ring, uint8_t *target, size_t count)
{
    size_t used = ring_buffer_used(ring);
    if (count > used) {
        count = used;
    }
    size_t offset = ring->begin & (ring->capacity - 1);
    size_t first = ring->capacity - offset;
    if (first > count) {
        first = count;
    }
    memcpy(target, ring->bytes + offset, first);
    memcpy(target + first, ring->bytes, count - first);
    return count;
}

/* Copies at most `count` bytes out, and returns how many. */
size_t ring_buffer_read(ring_buffer *ring, uint8_t *target, size_t count)
{
    count = ring_buffer_peek(ring, target, count);
    ring->begin += count;
    return count;
}

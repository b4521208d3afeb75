// What is asked of a floor from outside: to solve, and what the machine could do. Included where a
// floor has `march`, which takes lanes lo to hi to their end and says how many steps of a block were
// attempted, and the operations of an attempt.

#pragma once

#include "problem.hpp"

namespace {

// Processor time of this thread, seconds: other work on the machine does not count.
double clock_now() {
    timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec + 1e-9 * at.tv_nsec;
}

}  // namespace

extern "C" {

// Solve; returns the attempted steps of all blocks.
std::int64_t floor_solve(std::int64_t lanes, std::int64_t infusions, std::int64_t samples,
                         std::int64_t own, const double* parameters, const double* begins,
                         const double* durations, const double* times, double amount, double rtol,
                         double atol, double* amounts, int threads) {
    const Problem p{lanes,     infusions, samples, own,  parameters, begins,
                    durations, times,     amount,  rtol, atol,       amounts};
    std::atomic<std::int64_t> next{0}, attempts{0};
    auto work = [&] {
        for (;;) {
            const std::int64_t lo = next.fetch_add(STRETCH);
            if (lo >= lanes) break;
            attempts += march(p, lo, std::min(lo + STRETCH, lanes));
        }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads; i++) others.emplace_back(work);
    work();
    for (auto& each : others) each.join();
    return attempts;
}

// Floating-point operations in one attempted step of one block; a fused multiply-add is two.
std::int64_t floor_operations() { return LANES * (2 * FUSED + OTHER + DIVISIONS); }

// Floating-point operations a second of independent multiply-adds in registers, at the width that
// the compiler issues.
double floor_peak() {
    constexpr int CHAINS = 12;
#if defined(FLOOR_WIDE) && defined(__AVX512F__)
    typedef double Wide __attribute__((vector_size(64)));
#else
    typedef double Wide __attribute__((vector_size(32)));
#endif
    constexpr int WIDTH = sizeof(Wide) / sizeof(double);
    constexpr std::int64_t TURNS = 4'000'000;
    Wide a[CHAINS], b = {}, c = {};
    for (auto& each : a) each = b;
    b += 0.999999, c += 1e-6;
    double best = 0.0;
    for (int repeat = 0; repeat < 5; repeat++) {
        const double begin = clock_now();
        for (std::int64_t i = 0; i < TURNS; i++) {
#pragma GCC unroll 12
            for (int j = 0; j < CHAINS; j++) a[j] = a[j] * b + c;
        }
        for (auto& each : a) asm volatile("" : "+x"(each));
        const double took = clock_now() - begin;
        best = std::max(best, 2.0 * WIDTH * CHAINS * TURNS / took);
    }
    return best;
}

int floor_width() {
#if defined(FLOOR_WIDE) && defined(__AVX512F__)
    return 512;
#else
    return 256;
#endif
}
}

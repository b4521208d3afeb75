// The benchmark's problem, for both floors.

#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <thread>
#include <vector>

namespace {

constexpr int LANES = 32;
constexpr int STRETCH = 1024;
constexpr double RISE = 0.125;  // part of a step's end that counts where a state rises
constexpr double NEVER = std::numeric_limits<double>::max();

struct Problem {
    std::int64_t lanes, infusions, samples;
    std::int64_t own;          // 0: one schedule for all
    const double* parameters;  // (lanes, 6) CL, V1, Q, V2, VM, KM
    const double* begins;      // (lanes or 1, infusions)
    const double* durations;   // (lanes or 1, infusions)
    const double* times;       // (lanes or 1, samples)
    double amount, rtol, atol;
    double* amounts;           // (lanes, samples, 2)
};

}  // namespace

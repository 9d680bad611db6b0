// tools/comparison/scale.cpp - linear and logarithmic axes.

#include "tools/comparison/scale.hpp"

#include <algorithm>
#include <cmath>

namespace comparison {

Scale::Scale(double least, double most, double begin, double end, bool powers)
    : least_{least}, most_{most}, begin_{begin}, end_{end}, powers_{powers} {}

double Scale::at(double number) const {
    if (least_ == most_)
        return (begin_ + end_) / 2;
    const double part = powers_ ? std::log(number / least_) / std::log(most_ / least_)
                                : (number - least_) / (most_ - least_);
    return begin_ + part * (end_ - begin_);
}

double round_up(double number) {
    if (number <= 0)
        return 1;
    const double power = std::pow(10, std::floor(std::log10(number)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= number * (1 - 1e-9))
            return factor * power;
    return 10 * power;
}

double round_down(double number) {
    const double power = std::pow(10, std::floor(std::log10(number)));
    for (const double factor : {5.0, 2.0})
        if (factor * power <= number * (1 + 1e-9))
            return factor * power;
    return power;
}

std::vector<double> Scale::ticks(int count) const {
    std::vector<double> all;
    if (powers_) {
        const bool few = most_ / least_ >= 1e3; // then powers of ten alone
        for (double power = std::pow(10, std::floor(std::log10(least_))); power <= most_;
             power *= 10)
            for (const double factor : {1.0, 2.0, 5.0})
                if ((!few || factor == 1.0) && factor * power >= least_ * (1 - 1e-9) &&
                    factor * power <= most_ * (1 + 1e-9))
                    all.push_back(factor * power);
        return all;
    }
    const double step = round_up((most_ - least_) / count);
    for (int i = 0; least_ + i * step <= most_ * (1 + 1e-9); ++i)
        all.push_back(least_ + i * step);
    return all;
}

} // namespace comparison

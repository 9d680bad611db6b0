// tools/comparison/scale.hpp - where a number lies on an axis, and which numbers are written there.

#pragma once

#include <vector>

namespace comparison {

class Scale {
public:
    /// From `least` to `most`, which become `begin` and `end` of the picture; in powers where
    /// `powers` is set (both are above 0 then).
    Scale(double least, double most, double begin, double end, bool powers);

    double at(double number) const;
    bool powers() const { return powers_; }

    /// Round numbers of the range, about `count`.
    std::vector<double> ticks(int count) const;

private:
    double least_, most_, begin_, end_;
    bool powers_;
};

/// The next number from `number` upwards that is 1, 2 or 5 times a power of ten.
double round_up(double number);
/// The same downwards, of a number above 0.
double round_down(double number);

} // namespace comparison

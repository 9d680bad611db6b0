// tests/host/lrpc/values.hpp - random values of generated types, and their digests.

#pragma once

#include <bit>
#include <memory>
#include <vector>

#include "bindings/random.hpp"
#include "libos/lrpc/wire.hpp"
#include "tests/host/lrpc/digest.hpp"

namespace lrpc_test {

template <class T> inline constexpr bool is_list = false;
template <class T> inline constexpr bool is_list<lrpc::List<T>> = true;

template <class T> void digest(const char* name, const T& value, Digest& to) {
    if constexpr (std::is_same_v<T, lrpc::Void>) {
    } else if constexpr (std::is_same_v<T, float>) {
        to.add_float(name, value);
    } else if constexpr (std::is_same_v<T, double>) {
        to.add_double(name, value);
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
        to.add(name, static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, lrpc::Text> || std::is_same_v<T, lrpc::Data>) {
        to.add_bytes(name, value.data(), value.size());
    } else if constexpr (lrpc::Structure<T>) {
        lrpc::Layout<T>::each_field(
            value, [&](const char* field, const auto& each) { digest(field, each, to); });
    } else {
        to.add(name, value.size());
        for (const auto& element : value)
            digest("element", element, to);
    }
}

template <class T> std::uint64_t digest_of(const T& value, std::string* log = nullptr) {
    Digest to{log};
    digest("", value, to);
    return to.value();
}

// Draws values; what they view stays as long as this.
class Values {
public:
    explicit Values(std::uint64_t seed) : random_{seed} {}

    template <class T> void draw(T& value, unsigned depth = 5) {
        if constexpr (std::is_same_v<T, lrpc::Void>) {
        } else if constexpr (std::is_same_v<T, bool>) {
            value = random_.below(2) != 0;
        } else if constexpr (std::is_floating_point_v<T>) {
            value = std::bit_cast<T>(
                static_cast<lrpc::Bits<T>>(finite(random_.next(), sizeof(T) == 8)));
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(random_.below(5)); // some are of a newer schema
        } else if constexpr (std::is_integral_v<T>) {
            value = static_cast<T>(random_.next());
        } else if constexpr (std::is_same_v<T, lrpc::Text>) {
            value = {bytes(random_.below(40)), drawn_};
        } else if constexpr (std::is_same_v<T, lrpc::Data>) {
            value = {reinterpret_cast<const std::byte*>(bytes(random_.below(40))), drawn_};
        } else if constexpr (lrpc::Structure<T>) {
            if (depth != 0)
                lrpc::Layout<T>::each_field(value, [&](const char*, auto& field) {
                    if (random_.below(6) != 0)
                        draw(field, depth - 1);
                });
        } else {
            draw_list(value, depth);
        }
    }

private:
    template <class Range> void draw_list(Range& range, unsigned depth) {
        using T = std::remove_cvref_t<decltype(range[0])>;
        constexpr bool few = lrpc::Structure<T> || is_list<T>;
        if (depth == 0)
            return;
        const std::size_t count = random_.below(few ? 4 : 70);
        T* const elements = new T[count]{};
        kept_.push_back(std::shared_ptr<T[]>{elements});
        for (std::size_t i = 0; i < count; ++i)
            draw(elements[i], depth - 1);
        range = std::span<const T>{elements, count};
    }

    const char* bytes(std::size_t count) {
        char* const drawn = new char[count];
        kept_.push_back(std::shared_ptr<char[]>{drawn});
        for (std::size_t i = 0; i < count; ++i)
            drawn[i] = static_cast<char>(random_.next());
        drawn_ = count;
        return drawn;
    }

    bindings::Random random_;
    std::size_t drawn_ = 0;
    std::vector<std::shared_ptr<void>> kept_;
};

} // namespace lrpc_test

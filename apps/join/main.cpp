// apps/join/main.cpp - joins a relation that is read once with a table that is looked up at random.
//
//   --orders N      pages of the relation, 32 orders each (1,024)
//   --customers N   pages of the table, 32 customers each (256)
//   --skew N        how unevenly the orders fall on the customers: Zipf, in hundredths (99)
//   --no-advice     does not tell the pager how the pages are used
// Both relations are written first, the table last; the join begins when they are on the disk, and
// its faults are counted apart. The result is checked.

#include "bindings/zipf.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t records_per_page = 32;
constexpr std::uint64_t most_pages = 1u << 20;

struct Order {
    std::uint64_t customer, amount;
    std::byte other[112];
};
struct Customer {
    std::uint64_t discount; // in hundredths
    std::byte other[120];
};
static_assert(sizeof(Order) * records_per_page == abi::page_size);
static_assert(sizeof(Customer) * records_per_page == abi::page_size);

struct Relations {
    libos::MappedFile orders, customers;

    std::uint64_t order_count() const { return orders.pages * records_per_page; }
    std::uint64_t customer_count() const { return customers.pages * records_per_page; }
    Order& order(std::uint64_t number) const {
        return reinterpret_cast<Order*>(orders.begin)[number];
    }
    Customer& customer(std::uint64_t number) const {
        return reinterpret_cast<Customer*>(customers.begin)[number];
    }
};

std::uint64_t discount_of(std::uint64_t customer) { return customer % 31; }
std::uint64_t price(std::uint64_t amount, std::uint64_t discount) {
    return amount * (100 - discount);
}

/// Fills both relations; the sum that their join has.
std::uint64_t write(const Relations& relations, std::uint64_t skew, std::uint64_t seed) {
    const bindings::Zipf zipf{
        libos::heap::allocate_array<std::uint64_t>(relations.customer_count()), skew};
    bindings::Random random{seed};
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < relations.order_count(); ++i) {
        const std::uint64_t customer = zipf.next(random);
        const std::uint64_t amount = random.below(1000);
        Order& order = relations.order(i);
        order.customer = customer;
        order.amount = amount;
        sum += price(amount, discount_of(customer));
    }
    for (std::uint64_t i = 0; i < relations.customer_count(); ++i)
        relations.customer(i).discount = discount_of(i);
    return sum;
}

std::uint64_t join(const Relations& relations) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < relations.order_count(); ++i) {
        const Order& order = relations.order(i);
        sum += price(order.amount, relations.customer(order.customer).discount);
    }
    return sum;
}

std::uint64_t number(const libos::Arguments& arguments, std::string_view name,
                     std::uint64_t otherwise, std::uint64_t least, std::uint64_t most) {
    const auto value = arguments.number(name, otherwise);
    if (!value || *value < least || *value > most)
        libos::fail(abi::Error::invalid_argument,
                    "join: {} must be a number from {} to {}, not `{}`", name, least, most,
                    arguments.option(name, ""));
    return *value;
}

} // namespace

int application_main(libos::Arguments arguments) {
    bool advises = true;
    for (std::size_t i = 0; i < arguments.count(); ++i)
        if (arguments[i] == "--no-advice")
            advises = false;
        else if (arguments[i] == "--orders" || arguments[i] == "--customers" ||
                 arguments[i] == "--skew")
            ++i;
        else
            libos::fail(abi::Error::invalid_argument,
                        "join: there is no argument `{}`; there are --orders N, --customers N, "
                        "--skew N and --no-advice",
                        arguments[i]);
    const std::uint64_t orders = number(arguments, "--orders", 1024, 1, most_pages);
    const std::uint64_t customers = number(arguments, "--customers", 256, 1, most_pages);
    const std::uint64_t skew = number(arguments, "--skew", 99, 0, 1000);
    if (const std::uint64_t blocks = libos::start_information().disk_blocks;
        orders + customers > blocks)
        libos::fail(abi::Error::out_of_range,
                    "join: the disk has {} blocks, both relations together have {} pages; say "
                    "fewer with --orders or --customers",
                    blocks, orders + customers);

    const Relations relations{libos::map_disk(0, orders, libos::Access::writable),
                              libos::map_disk(orders, customers, libos::Access::writable)};
    const std::uint64_t expected = write(relations, skew, libos::manifest().number("seed", 1));
    libos::write_back();

    const libos::PagerFigures before = libos::pager_figures();
    if (advises) {
        libos::advise(relations.orders, 0, orders, libos::Hint::sequential);
        libos::advise(relations.customers, 0, customers, libos::Hint::random);
    }
    const std::uint64_t sum = join(relations);
    const libos::PagerFigures after = libos::pager_figures();

    libos::print("{} orders joined with {} customers: {} faults, {} pages read, {} of them along\n",
                 relations.order_count(), relations.customer_count(), after.faults - before.faults,
                 after.reads - before.reads, after.prefetched - before.prefetched);
    libos::print("@output.join_faults={}\n@output.join_reads={}\n@output.sum={}\n",
                 after.faults - before.faults, after.reads - before.reads, sum);
    if (sum == expected)
        return 0;
    libos::print("join: the sum is {}, not {}: data was lost\n", sum, expected);
    return 1;
}

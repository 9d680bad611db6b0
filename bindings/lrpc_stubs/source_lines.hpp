// bindings/lrpc_stubs/source_lines.hpp - on which line of a schema something is declared.
//
// `capnp` 0.9 does not tell its plug-ins. So the text is read again, for names and nesting only:
// that it is a schema `capnp` has checked.

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace stubs {

class SourceLines {
public:
    explicit SourceLines(std::string_view text);

    /// The line of `path`; of the nearest of its scopes if it is not there, else 1.
    /// Paths: `Type`, `Type.field`, `Type.group.field`, `Interface.method`,
    /// `Interface.method(parameter`, `Interface.method)result`, `Type.union` of one without a name,
    /// `$annotation` of a file.
    [[nodiscard]] unsigned line_of(std::string_view path) const;

private:
    std::map<std::string, unsigned, std::less<>> lines_;
};

} // namespace stubs

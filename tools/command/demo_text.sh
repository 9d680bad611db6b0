#!/bin/sh
# tools/command/demo_text.sh SOURCE OUTPUT - the text that `exo demo` counts: the project's own
# sources and documents, one after the other, again with a new heading until it has 1 MiB.
set -eu
cd "$1"
output=$2
least=1048576
LC_ALL=C
export LC_ALL
files=$(find README.md exokernel bindings libos apps tools tests -type f \
    \( -name '*.cpp' -o -name '*.hpp' -o -name '*.S' -o -name '*.md' -o -name '*.capnp' -o -name '*.ld' \) \
    2>/dev/null | sort)
: >"$output.part"
pass=1
while [ "$(wc -c <"$output.part")" -lt "$least" ]; do
    echo "======== The sources and documents of Faultline, pass $pass ========" >>"$output.part"
    # shellcheck disable=SC2086 # no name of the project has a blank
    cat $files >>"$output.part"
    pass=$((pass + 1))
done
mv "$output.part" "$output"

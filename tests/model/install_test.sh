#!/bin/sh
# Installs the library under a fresh prefix, builds examples/classify.c against it as a stranger would, shared and
# static, and runs each on a model. Arguments: cmake, the C compiler, a folder to work in, the program that makes a
# model, the example as built in the tree.
set -eu
cmake=$1 cc=$2 work=$3/install_test make_model=$4 example=$5

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$LINNET_BUILD" --component library --prefix "$work/prefix" >"$work/install.log"
"$make_model" logistic "$work/toy.lnt" "$work/bag.pgm"

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name linnet.pc)")
export PKG_CONFIG_PATH
libdir=$(dirname "$PKG_CONFIG_PATH")
source=$LINNET_SOURCE/examples/classify.c

check() {
  "$@" "$work/toy.lnt" "$work/bag.pgm" >"$work/out.txt"
  grep -q '^  [ 0-9.]* %  Bag$' "$work/out.txt" || { echo "$1 did not name the class:"; cat "$work/out.txt"; exit 1; }
  sed -n 2p "$work/out.txt" | grep -q Bag || { echo "$1: the first class is not Bag:"; cat "$work/out.txt"; exit 1; }
  if "$@" "$work/toy.lnt" "$work/none.pgm" >/dev/null 2>"$work/err.txt"; then
    echo "$1 succeeded on an image that is not there"; exit 1
  fi
  grep -q none.pgm "$work/err.txt" || { echo "$1: the error does not name the image:"; cat "$work/err.txt"; exit 1; }
}

echo "from source"; check "$example"

echo "shared"
# shellcheck disable=SC2046 # the flags are words
"$cc" -std=c17 -Wall -Wextra -Werror "$source" $(pkg-config --cflags --libs linnet) -o "$work/shared"
readelf -d "$work/shared" | grep -q 'NEEDED.*liblinnet\.so\.' || { echo "not linked to liblinnet.so"; exit 1; }
LD_LIBRARY_PATH=$libdir check "$work/shared"

echo "static"
# shellcheck disable=SC2046
"$cc" -std=c17 -Wall -Wextra -Werror "$source" $(pkg-config --cflags linnet) "$libdir/liblinnet.a" \
  $(pkg-config --static --libs-only-L --libs-only-l linnet | sed 's/-llinnet//') -o "$work/static"
if readelf -d "$work/static" | grep -q liblinnet; then echo "the static program asks for liblinnet.so"; exit 1; fi
check "$work/static"

echo "exported symbols"
nm -D --defined-only "$libdir/liblinnet.so" | awk '{print $3}' | grep -v '^lnt_' >"$work/foreign.txt" || true
if [ -s "$work/foreign.txt" ]; then echo "exported, but not LNT_API:"; cat "$work/foreign.txt"; exit 1; fi

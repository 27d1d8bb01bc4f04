#!/bin/sh
# Makes schema<N>.db beside this script for the newest schema N. Run once when a migration is added, never for an older
# schema: the file is what an older Linnet wrote.
#   ninja -C BUILD store_golden && tests/store/golden/make.sh BUILD/tests/store/store_golden
set -eu
folder=$(dirname "$0")
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
"$1" "$temporary/new.db"
version=$(sqlite3 "$temporary/new.db" 'PRAGMA user_version')
# Small pages, since most tables have a row or two; back to one file without a log.
sqlite3 "$temporary/new.db" 'PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM' >/dev/null
cp "$temporary/new.db" "$folder/schema$version.db"

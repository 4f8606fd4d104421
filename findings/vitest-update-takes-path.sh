#!/bin/sh
# vitest takes the path after --update as the value of --update.
#
# Version: vitest 4.1.12, under Node 20.
# Behaviour: `vitest run --update a.test.js` does not run a.test.js alone. The path becomes the value of --update, which
# may also be "new", "all" or "none", and no error says that it is none of them. So there is no filter: all
# files run, and the snapshots of all of them are replaced. With the path first, or with --update=all, only that file's
# snapshots are.
# Expected: the snapshots of the named file are replaced, or an error names the wrong value.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund vitest@4.1.12
unset CI || true
export NO_COLOR=1

for name in a b; do
	cat > "$name.test.js" <<TEST
import { expect, test } from "vitest";
test("$name", () => expect(process.env.VALUE).toMatchSnapshot());
TEST
done

# The value in the stored snapshot of b.test.js, after a run that is meant for a.test.js.
stored_of_b() {
	rm -rf __snapshots__
	VALUE=old npx vitest run > /dev/null 2>&1
	VALUE=new npx vitest run "$@" > /dev/null 2>&1 || true
	sed -n 's/.*= `"\(.*\)"`;/\1/p' __snapshots__/b.test.js.snap
}

after=$(stored_of_b --update a.test.js)
before=$(stored_of_b a.test.js --update)
assigned=$(stored_of_b --update=all a.test.js)
echo "vitest run --update a.test.js      b has: $after"
echo "vitest run a.test.js --update      b has: $before"
echo "vitest run --update=all a.test.js  b has: $assigned"
[ "$after $before $assigned" = "new old old" ]

# Seen:
#   vitest run --update a.test.js      b has: new
#   vitest run a.test.js --update      b has: old
#   vitest run --update=all a.test.js  b has: old

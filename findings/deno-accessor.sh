#!/bin/sh
# Deno knows the keyword `accessor` only in modules that have a decorator.
#
# Version: Deno 2.9.6, beside typescript 7.0.2.
# Behaviour: `class Box { accessor value = 1 }` passes `deno check`, and `deno run` of it ends with a SyntaxError.
#   If another class of the same module has a decorator, the same class works. `deno bundle` has both results too: it
#   writes the keyword into its output if the module has no decorator.
# Reason: Deno compiles the keyword together with decorators, and does not look for it in modules without one. V8 does not
#   know it yet.
# Expected: the same for both modules: the class works, or the check refuses it.
# Affected: classes that are used with decorators elsewhere, such as a base class in a module of its own.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed.
# DENO names another program than the version above.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${DENO:-}" ]; then
	npm install --silent --no-audit --no-fund --prefix "$folder/deno" deno@2.9.6
	DENO=$folder/deno/node_modules/.bin/deno
fi
deno=$DENO
echo '{ "name": "finding", "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund seven@npm:typescript@7.0.2
cat > alone.ts <<'PROGRAM'
class Box {
	accessor value = 1;
}
console.log(new Box().value);
PROGRAM
cat > beside.ts <<'PROGRAM'
function seen(_method: () => void, _context: ClassMethodDecoratorContext): void {}
export class Other {
	@seen
	method(): void {}
}
PROGRAM
cat alone.ts >> beside.ts
changed=0

# expect LABEL EXPECTED COMMAND...: the output, or the first line of the error
expect() {
	label=$1 expected=$2
	shift 2
	seen=$("$@" 2>&1 | head -n 1)
	echo "$label: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

export NO_COLOR=1
checked() { "$deno" check --quiet --no-config "$1" && echo accepted; }
bundled() { "$deno" bundle --quiet --no-config --output=out.js "$1" && "$deno" run --quiet --no-config out.js; }
compiled() { node node_modules/seven/bin/tsc --outDir out --target es2022 --module esnext --moduleDetection force "$1.ts" && node "out/$1.js"; }
error="error: Uncaught SyntaxError: Unexpected identifier 'value'"
"$deno" --version | head -n 1
expect "typescript, alone" "1" compiled alone
expect "deno check, alone" "accepted" checked alone.ts
expect "deno run, alone" "$error" "$deno" run --quiet --no-config alone.ts
expect "deno bundle, alone" "$error" bundled alone.ts
expect "deno check, beside a decorator" "accepted" checked beside.ts
expect "deno run, beside a decorator" "1" "$deno" run --quiet --no-config beside.ts
expect "deno bundle, beside a decorator" "1" bundled beside.ts
exit "$changed"

# Seen:
#   deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)
#   typescript, alone: 1
#   deno check, alone: accepted
#   deno run, alone: error: Uncaught SyntaxError: Unexpected identifier 'value'
#   deno bundle, alone: error: Uncaught SyntaxError: Unexpected identifier 'value'
#   deno check, beside a decorator: accepted
#   deno run, beside a decorator: 1
#   deno bundle, beside a decorator: 1

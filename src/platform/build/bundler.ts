/**
 * Corrects four faults of `deno bundle`. A small program replaces esbuild in the cache
 * (`../runtime/host/bundler/esbuild-proxy.ts`). It starts the real esbuild, and changes some of the messages that Deno and
 * esbuild exchange.
 *
 * - Deno runs esbuild for its default platform, which is the browser. For browsers, esbuild replaces
 *   `process.env.NODE_ENV` with "development" and removes the branches that become unreachable. A flag that defines the
 *   expression prevents it, even if the definition is the expression itself. `deno bundle` has no option for that flag,
 *   so another flag, which it passes on unchanged, is replaced. esbuild rejects that other flag. So if it is not
 *   replaced, the build fails, instead of silently containing "development".
 * - Deno refuses a folder of a package whose package.json names a `main` outside of that folder.
 * - A missing module that a package loads with `require` or `import()` fails the build if esbuild sees no `try` around
 *   it, or if the package replaces the module for browsers.
 * - `require` gets the `module` of a package, which is an ES module, where the caller expects what `main` exports.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hash, toBase64 } from "../../crypto.ts";
import { builtPath } from "../machine/assets.ts";
import { FirstRunGate } from "./first-run-gate.ts";
import { DENO } from "./sandbox.ts";

/** esbuild rejects a path with several wildcards. */
const EXTERNAL = "*keep*process.env.NODE_ENV*";
const PLACEHOLDER = `--external:${EXTERNAL}`;
const DEFINITION = "--define:process.env.NODE_ENV=process.env.NODE_ENV";

/** The flags of `deno bundle`. */
export const BUNDLE_FLAGS = ["--sourcemap=external", "--platform=deno", `--external=${EXTERNAL}`];

/** The program in esbuild's place. Without the variable of a builder, it only runs esbuild. */
const STAND_IN = `#!/bin/sh
if [ -z "\${COFFER_BUILD_DENO:-}" ]; then exec "$0.real" "$@"; fi
exec "$COFFER_BUILD_DENO" run --quiet --no-config --no-lock --no-remote --no-npm --allow-run --allow-read "$0.ts" \\
	'${PLACEHOLDER}' '${DEFINITION}' "$DENO_DIR" "$0.real" "$@"
`;

/**
 * Makes Deno store esbuild in its cache, and puts the replacement there. Each file is complete before it gets its name.
 * The marker files of other versions are removed, because their replacements are overwritten. Arguments: Deno, the
 * replacement, its program, the name of the file that marks completion.
 */
const INSTALL = `
set -eu
echo 'export {}' > ../out/empty.js
rm -f "$DENO_DIR"/dl/.coffer-*
"$1" bundle --quiet --no-config --no-lock --output=../out/nothing.js ../out/empty.js
rm ../out/empty.js ../out/nothing.js
for path in "$DENO_DIR"/dl/esbuild-*/esbuild-*; do
	case "$path" in *.real | *.ts | *.new) continue ;; esac
	printf %s "$3" > "$path.new"
	mv "$path.new" "$path.ts"
	if [ "$(head -c 2 "$path")" != '#!' ]; then mv "$path" "$path.real"; fi
	printf %s "$2" > "$path.new"
	chmod 755 "$path.new"
	mv "$path.new" "$path"
done
: > "$DENO_DIR/dl/$4"
`;

/** The bundler in a cache. */
export interface Bundler {
	/**
	 * Installs the replacement, unless it is installed. Concurrent calls wait, including those of other processes.
	 * @param run runs a command in a build's sandbox @throws the errors of `run`
	 */
	install(run: (command: readonly string[]) => Promise<unknown>): Promise<void>;
}

/** @param denoVersion another version of Deno may use another esbuild */
export function openBundler(cache: string, denoVersion: string): Bundler {
	const program = readFileSync(builtPath("host/bundler/esbuild-proxy.js"), "utf8");
	const version = toBase64(hash(Buffer.from(JSON.stringify([denoVersion, STAND_IN, INSTALL, program]))));
	const mark = `.coffer-${version.slice(0, 16)}`;
	const gate = new FirstRunGate(join(cache, ".bundler.lock"), () => existsSync(join(cache, "dl", mark)));
	const command = ["/bin/sh", "-c", INSTALL, "sh", DENO, STAND_IN, program, mark];
	return { install: (run) => gate.pass(() => run(command)) };
}

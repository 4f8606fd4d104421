/** The rules of `src/references/direct` with one of them broken. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "../../support/root.ts";
import type * as compare from "./compare.ts";

interface Plant {
	readonly what: string;
	/** In `src/references/direct`. */
	readonly file: string;
	readonly from: string;
	readonly to: string;
}

export const PLANTS: readonly Plant[] = [
	{
		what: "a value that is passed as an argument goes nowhere",
		file: "direct-reads.ts",
		from: "return parent.callee === node && this.#followCall(value, parent);",
		to: "return parent.callee !== node || this.#followCall(value, parent);",
	},
	{
		what: "a read by a name that is not known reads nothing",
		file: "direct-reads.ts",
		from: "return name !== undefined;",
		to: "return true;",
	},
	{
		what: "a sum of letters is a harmless key",
		file: "function-constructor.ts",
		from: 'return key.operator !== "+" || this.#hasHarmlessPart(key);',
		to: "return true;",
	},
	{
		what: "a variable is a harmless key whatever is assigned to it",
		file: "function-constructor.ts",
		from: 'return parent.operator === "=" && this.#isHarmlessKey(parent.right);',
		to: "return true;",
	},
	{
		what: "a timer gets no text",
		file: "other-code.ts",
		from: "if (isOwn(read) && !startsFunction(scopes, read)) return false;",
		to: "if (isOwn(read)) startsFunction(scopes, read);",
	},
	{
		what: "a module that a constant names is no source",
		file: "other-code.ts",
		from: 'return specifier?.type === "Literal" || moduleValue(name) === undefined;',
		to: "return true;",
	},
	{
		what: "every module is in the bundle",
		file: "other-code.ts",
		from: "return CODE.test(specifier) || TIMERS_MODULE.test(specifier);",
		to: "return false;",
	},
];

/** `compare.ts` with a broken rule. The sources are not changed. @throws Error if the rule is not in the source */
export async function planted({ file, from, to, what }: Plant): Promise<typeof compare> {
	// Beside node_modules, so that packages resolve.
	const folder = join(ROOT, "node_modules/.cache/coffer-planted", `direct-${process.pid}`);
	const outfile = join(folder, `${PLANTS.findIndex((plant) => plant.what === what)}.mjs`);
	await mkdir(folder, { recursive: true });
	const path = join(ROOT, "src/references/direct", file);
	const source = await readFile(path, "utf8");
	if (!source.includes(from)) throw new Error(`${path} does not contain: ${from}`);
	try {
		await build({
			entryPoints: [join(ROOT, "test/references/direct/compare.ts")],
			outfile,
			bundle: true,
			packages: "external",
			platform: "node",
			format: "esm",
			target: "node20.19",
			logLevel: "silent",
			plugins: [
				{
					name: "plant",
					setup: ({ onLoad }) =>
						onLoad({ filter: new RegExp(`direct/${file}$`) }, () => ({
							contents: source.replaceAll(from, to),
							loader: "ts",
						})),
				},
			],
		});
		return await import(pathToFileURL(outfile).href);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/**
 * Writes the fingerprints of zod's statements that `src/references/models/schemas/` recognises.
 *
 * Each version is installed in a temporary folder from the npm registry, without install scripts. Before its statements
 * count, it runs: every modelled function makes a schema, which parses an object that notes what is read of it. A version
 * that reads more than the keys of the schema ends the program.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILE = join(ROOT, "src/references/models/schemas/known-statements.ts");
/** The versions 3 that are recorded. Many others have the same statements. All versions 4 are. */
const VERSIONS_3 =
	"3.20.2 3.20.6 3.21.4 3.22.0 3.22.2 3.22.3 3.22.4 3.22.5 3.23.0 3.23.3 3.23.4 3.23.5 3.23.6 3.23.7 3.23.8 3.24.0 " +
	"3.24.1 3.24.2 3.24.3 3.24.4 3.25.0 3.25.20 3.25.28 3.25.36 3.25.42 3.25.48 3.25.51 3.25.56 3.25.60 3.25.62 " +
	"3.25.64 3.25.67 3.25.69 3.25.71 3.25.74 3.25.75 3.25.76";
const ENTRIES = ["index.js", "v4/index.js", "v4/mini/index.js", "v3/index.js", "lib/index.mjs"];
const KEYS = ["A", "B", "C"];
const COLUMNS = 110;

function versions() {
	const all = JSON.parse(execFileSync("npm", ["view", "zod", "versions", "--json"], { encoding: "utf8" }));
	return [...VERSIONS_3.split(" "), ...all.filter((version) => /^4\.\d+\.\d+$/.test(version))];
}

/** @returns the package's folder. Some versions import themselves by their name */
function install(version, folder) {
	const at = join(folder, version, "node_modules/zod");
	mkdirSync(at, { recursive: true });
	execFileSync("npm", ["pack", "--silent", "--ignore-scripts", `zod@${version}`], { cwd: at });
	execFileSync("tar", ["xzf", `zod-${version}.tgz`, "--strip-components=1"], { cwd: at });
	return at;
}

/** An object that notes each read of it. */
function watched(reads) {
	const noting =
		(trap) =>
		(target, key, ...rest) => {
			if (typeof key === "string") reads.add(key);
			return Reflect[trap](target, key, ...rest);
		};
	return new Proxy(
		{ A: "a", B: "b", C: "c", SECRET: "s" },
		{
			get: noting("get"),
			has: noting("has"),
			getOwnPropertyDescriptor: noting("getOwnPropertyDescriptor"),
			ownKeys: (target) => {
				reads.add("a listing");
				return Reflect.ownKeys(target);
			},
		},
	);
}

/** The schemas that the modelled functions make, with what each of its own functions gets. */
function schemasOf(z, got, isValid) {
	const see = (value) => {
		got.push(value);
		return true;
	};
	const messages = {
		error: ({ input }) => String(see(input)),
		errorMap: (_issue, { data }) => ({ message: String(see(data)) }),
	};
	const shape = { A: z.string(), B: z.optional(isValid ? z.string() : z.number(messages)) };
	const base = z.object(shape);
	const made = [base];
	const call = (name, ...args) => {
		const isMethod = typeof base[name] === "function";
		if (!isMethod && typeof z[name] !== "function") return;
		try {
			const schema = isMethod ? base[name](...args) : z[name](base, ...args);
			// A function of a module may have the name of a method and make something else.
			if (isMethod || typeof (schema?._zod?.run ?? schema?._parse) === "function") made.push(schema);
		} catch (error) {
			// Not every version takes each argument.
			if (!(error instanceof Error)) throw error;
		}
	};
	for (const name of ["extend", "safeExtend", "augment"]) call(name, { C: z.string() });
	call("merge", z.object({ C: z.string() }));
	call("pick", { A: true });
	call("omit", { A: true });
	for (const name of ["partial", "deepPartial", "required"]) call(name);
	if (typeof base.refine === "function") {
		for (const name of ["strip", "optional", "nullable", "nullish", "readonly", "brand"]) call(name);
		call("describe", "text");
		for (const fails of [false, true]) {
			call("refine", (value) => see(value) && !fails, { message: "m" });
			call("refine", (value) => see(value) && !fails, { error: ({ input }) => String(see(input)) });
			call("superRefine", (value, context) => {
				see(value);
				see(context.data);
				see(context.value);
				if (fails) context.addIssue({ code: "custom", message: "m" });
			});
		}
		call("transform", see);
	}
	if (typeof base.check === "function") call("check", (payload) => void see(payload.value));
	return made;
}

/** @throws if a schema reads more than its keys, or hands out what it parses */
async function examine(z, where, isValid) {
	const got = [];
	for (const [index, schema] of schemasOf(z, got, isValid).entries())
		for (const name of ["parse", "safeParse", "parseAsync", "safeParseAsync"])
			for (const isMethod of [true, false]) {
				if (typeof (isMethod ? schema[name] : z[name]) !== "function") continue;
				const reads = new Set();
				const given = watched(reads);
				try {
					const result = isMethod ? schema[name](given) : z[name](schema, given);
					got.push((await result)?.data ?? (await result));
				} catch (error) {
					// Not every value and schema is valid. What was read until then counts.
					if (!(error instanceof Error)) throw error;
				}
				reads.delete("then");
				const more = [...reads].filter((key) => !KEYS.includes(key));
				if (more.length > 0 || (!reads.has("A") && index === 0))
					throw new Error(`${where}, schema ${index}: reads ${more}`);
				if (got.includes(given)) throw new Error(`${where}, schema ${index}: hands out what it parses`);
			}
}

async function bundle(options) {
	const { outputFiles } = await build({
		bundle: true,
		format: "esm",
		platform: "neutral",
		target: "esnext",
		write: false,
		logLevel: "error",
		...options,
	});
	return (end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
}

/** The parts of Coffer that this program needs, compiled. */
async function analysis(folder) {
	const parts = [
		"bundle/parse.ts",
		"bundle/positions.ts",
		"bundle/source-files.ts",
		"models/schemas/schema-code.ts",
	];
	const contents = parts
		.map((part) => `export * from ${JSON.stringify(join(ROOT, "src/references", part))};`)
		.join("\n");
	const output = await bundle({
		stdin: { contents, resolveDir: ROOT, loader: "ts" },
		platform: "node",
		outfile: join(folder, "analysis.mjs"),
		plugins: [
			{
				name: "parser",
				setup: ({ onResolve }) =>
					onResolve({ filter: /^oxc-parser$/ }, () => ({
						path: join(ROOT, "node_modules/oxc-parser/src-js/index.js"),
						external: true,
					})),
			},
		],
	});
	const file = join(folder, "analysis.mjs");
	writeFileSync(file, output(".mjs"));
	return await import(pathToFileURL(file).href);
}

/** @param treeShaking with it, the bundler also takes declarations of several variables apart */
async function statementsOf(entry, treeShaking, { parse, Positions, SourceFiles, SchemaCode }) {
	const output = await bundle({
		entryPoints: [entry],
		outfile: "/bundle.js",
		sourcemap: "external",
		treeShaking,
	});
	const code = output(".js");
	const files = new SourceFiles(new Positions(code, output(".map")), (source) => `npm:${source}`);
	const program = parse(code);
	const sources = new Set(program.body.map((statement) => files.at(statement).file));
	const roots = new Set([...sources].map((file) => /^(.*\/)(?:v4|v3|lib)\//.exec(file)?.[1]));
	const known = new SchemaCode(program, files, code);
	return [...roots].flatMap((root) => (root === undefined ? [] : known.statementsOf(root)));
}

function write(all) {
	const lines = [""];
	for (const one of [...all].sort()) {
		const line = lines.at(-1);
		if (line.length + one.length + 1 > COLUMNS) lines.push(one);
		else lines[lines.length - 1] = line === "" ? one : `${line} ${one}`;
	}
	writeFileSync(
		FILE,
		`/** Fingerprints of statements of zod. Written by \`scripts/record/zod-statements.mjs\`. */\nexport const KNOWN_STATEMENTS: ReadonlySet<string> = new Set(\n\t\`\n${lines.join("\n")}\n\`\n\t\t.trim()\n\t\t.split(/\\s/),\n);\n`,
	);
}

const folder = mkdtempSync(join(tmpdir(), "zod-statements-"));
try {
	const tools = await analysis(folder);
	const all = new Set();
	for (const version of versions()) {
		const at = install(version, folder);
		for (const entry of ENTRIES.map((one) => join(at, one)).filter((one) => existsSync(one))) {
			const where = `${version} ${entry.slice(at.length + 1)}`;
			for (const isValid of [true, false])
				await examine(await import(pathToFileURL(entry).href), where, isValid);
			for (const isShaken of [true, false])
				for (const one of await statementsOf(entry, isShaken, tools)) all.add(one);
		}
		process.stderr.write(`${version}: ${all.size} statements\n`);
	}
	write(all);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
